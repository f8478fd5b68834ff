"""The customers and their people who can be asked, as engagement tells of them."""
