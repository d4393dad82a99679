"""Small real bots in six libraries; test_bots.py runs each as a process of its own."""
