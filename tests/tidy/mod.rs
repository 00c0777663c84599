//! What holds for the whole tree: the arrows between the rooms, and the habits of every file.

mod arrows;
mod files;
