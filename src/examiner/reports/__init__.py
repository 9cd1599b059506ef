"""What a sitting came to, for terminal, Markdown and a self-contained page. Pure: values in, text out."""
