"""What is judged after a simulated history, each part by itself; none takes the product's word for what it can work out."""
