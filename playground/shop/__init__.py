"""What does a system of several services look like while it runs, breaks and is mended?"""
