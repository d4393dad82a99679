"""The addresses of the service, one blueprint a file. A route asks the domain, and answers."""
