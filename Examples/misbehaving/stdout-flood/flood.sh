#!/bin/sh
# Writes lines without end.
exec yes "This line repeats until somebody stops it."
