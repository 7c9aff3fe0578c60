//! Credentials: passwords, access tokens, refresh tokens, the setup code, and the caller that they prove.

pub mod access_token;
pub mod caller;
pub mod password;
pub mod private_file;
pub mod refresh_token;
pub mod setup_code;

pub use access_token::AccessTokens;
pub use caller::{Caller, Tenancy};
pub use password::Passwords;
pub use refresh_token::RefreshTokens;
pub use setup_code::SetupCode;
