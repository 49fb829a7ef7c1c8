//! A signature over a request (签名): HMAC-SHA256 of a text that the far side
//! can put together for itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::plugin::DeliveryError;

use crate::secret::Secret;

/// How the signature is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Writing {
    Hex,
    Base64,
}

/// Makes signatures with the institution's secret.
pub(crate) struct Signer {
    pub(crate) secret: Secret,
    pub(crate) writing: Writing,
}

impl Signer {
    /// The signature of a text.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Channel`] when the secret cannot be read.
    pub(crate) fn sign(&self, text: &str) -> Result<String, DeliveryError> {
        Ok(written(&self.secret.read()?, text, self.writing))
    }
}

fn written(secret: &str, text: &str, writing: Writing) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mut mac| {
        mac.update(text.as_bytes());
        mac.finalize().into_bytes()
    });
    // A key of any length is taken.
    let bytes = mac.unwrap_or_default();
    match writing {
        Writing::Hex => hex::encode(bytes),
        Writing::Base64 => STANDARD.encode(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_the_published_one() {
        let (key, text) = ("Jefe", "what do ya want for nothing?");
        assert_eq!(
            written(key, text, Writing::Hex),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            written(key, text, Writing::Base64),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
        );
    }
}
