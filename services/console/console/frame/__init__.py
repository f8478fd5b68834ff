"""The frame of every page: who looks at it, the navigation, how figures are written, what is shown when it fails."""
