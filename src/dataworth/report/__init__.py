"""What a person looks at: numbers first, then pictures and pages that draw them."""
