//! Models and views as files: written out, read, held against what is stored, and stored together or not at all. The command line and the routes
//! say what came of it, each in its own way.

mod fitting;
pub mod handlers;
mod order;
mod reading;
mod storing;
pub mod wire;
mod writing;

pub use fitting::{Misfit, misfits};
pub use reading::{Format, Read, What, read_all};
pub use storing::{Outcome, Stopped, Stored, standing, store};
pub use writing::{WrittenFiles, write_all};
