"""The screen from afar: inside tmux, and through sshd on loopback."""
