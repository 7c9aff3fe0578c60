//! Credentials: passwords, access tokens, refresh tokens, API keys, the setup code, and the caller that they prove.

pub mod access_token;
pub mod api_key;
pub mod caller;
pub mod identity;
pub mod password;
pub mod private_file;
pub mod refresh_token;
pub mod setup_code;

pub use access_token::AccessTokens;
pub use api_key::ApiKey;
pub use caller::{Caller, Person, Tenancy};
pub use identity::Identity;
pub use password::Passwords;
pub use refresh_token::RefreshTokens;
pub use setup_code::SetupCode;
