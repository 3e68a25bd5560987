"""Tables and pictures of a forecast; nothing in here simulates."""
