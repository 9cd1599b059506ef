"""What happens though nobody asks: the sweeper and its jobs; and a backup put back in place."""
