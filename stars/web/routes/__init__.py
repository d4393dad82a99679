"""The addresses of the service: one blueprint a file, thin. Each route asks the domain and answers."""
