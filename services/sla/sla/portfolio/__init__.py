"""The portfolio: agreements as a page shows them, with what rooms above them know: compliance and open issues."""
