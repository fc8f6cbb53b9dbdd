"""The marking service: what it says of codes before a sale, over HTTP, and the state of every code that it knows."""
