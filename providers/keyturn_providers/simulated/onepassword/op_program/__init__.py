"""The simulated `op` executable. It is started by the file `op`, never imported by keyturn."""
