"""The demo and the test bed: real parts on loopback that the product meets through their public interfaces only."""
