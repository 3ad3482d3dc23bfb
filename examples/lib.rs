//! Programs that show the libraries at work; each is one file beside this one.
