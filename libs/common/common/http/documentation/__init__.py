"""What a service says of its own interface: the OpenAPI document, its examples, and pages to read it on."""
