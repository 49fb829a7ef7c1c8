//! How long a server is waited for (等待服务器): as long as it takes, until the program is
//! told to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Store;
use crate::conn::HungUp;
use crate::error::StoreError;

/// What is under way when the program is told to stop gets so long, and whatever begins
/// after that.
const LAST_TRY: Duration = Duration::from_millis(1_200);

/// Whether the program was told to stop, for all who wait for one server.
#[derive(Clone, Debug)]
pub(super) struct Patience(Arc<watch::Sender<bool>>);

impl Patience {
    pub(super) fn of_a_server() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Waits for what a server answers, if need be to no end.
    pub(super) async fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let mut told = self.0.subscribe();
        let is_over = async {
            // The sender lives as long as this.
            told.wait_for(|it| *it).await.map(drop).ok();
            tokio::time::sleep(LAST_TRY).await;
        };
        tokio::select! {
            answer = answer => answer,
            () = is_over => Err(StoreError::from(HungUp::told(
                "停止时没有应答 · it does not answer while this stops".to_owned(),
            ))),
        }
    }
}

impl Store {
    /// Waits for the store; for one on a server no longer than a moment once the program
    /// is told to stop.
    pub(super) async fn patiently<T>(
        &self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.place.server() {
            Some(_) => self.patience.wait(answer).await,
            None => answer.await,
        }
    }

    /// From now on a server that does not answer is waited for no longer than a moment:
    /// the program is told to stop. What lies in a file is not waited for.
    pub fn hurry(&self) {
        self.patience.0.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_for_a_server_waits_no_longer_than_a_moment_after_a_stop() {
        let patience = Patience::of_a_server();
        let never = || patience.wait(std::future::pending::<Result<(), StoreError>>());
        let stop = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            patience.0.send_replace(true);
        };
        let (told, ()) = tokio::join!(never(), stop);
        assert!(matches!(told, Err(StoreError::Unreachable { .. })));
        assert!(matches!(never().await, Err(StoreError::Unreachable { .. })));
        // What answers is heard all the same.
        assert_eq!(patience.wait(async { Ok(7) }).await.ok(), Some(7));
    }
}
