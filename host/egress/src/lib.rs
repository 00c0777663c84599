//! Requests that leave the host.
