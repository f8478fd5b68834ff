"""Who is signed in: a sealed cookie, and the guard against forms that other pages send in a person's name."""
