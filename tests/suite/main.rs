//! The one integration test binary; its modules stand in the order of the data.
