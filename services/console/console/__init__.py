"""The console: pages for people, which show and change what the services' interfaces let the signed-in person."""
