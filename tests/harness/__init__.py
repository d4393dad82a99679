"""What the tests stand on: helpers without a claim of their own."""
