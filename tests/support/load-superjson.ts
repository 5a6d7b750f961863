// With it, nothing in a test on virtual time waits for a file.
import '@trunkline/client/testing';
