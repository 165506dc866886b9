//! What the tests share: generators and a brute-force oracle.
