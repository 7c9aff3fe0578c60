//! Planning without asking: the plan of a question, for a host that runs it in its own way or elsewhere. Versions are
//! pinned and the scope is inside, as in every plan; the limits of the scope on time are for whoever runs it to keep.

use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;

use super::Mill;
use super::compose::LookupsBy;
use super::damage::Damage;
use crate::error::Result;
use crate::ids::DatasetName;
use crate::semantic::SemanticQuery;
use crate::semantic::compose::is_composed;

impl Mill {
    /// The plan of a semantic query: the rows of its page and one more, which tells whether there are more.
    /// [`Engine::physical_codec`](crate::Engine::physical_codec) makes bytes of what is Tidemill's in it.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir()?;
    /// let engine = Engine::open(folder.path()).await?;
    /// let mill = engine.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let plan = mill.plan(&serde_json::from_str(r#"{"measures": ["orders.count"]}"#)?).await?;
    /// let rows = datafusion::physical_plan::collect(plan, engine.task_context()).await?;
    /// assert_eq!(rows[0].num_rows(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query), apart from what happens while it runs.
    pub async fn plan(&self, query: &SemanticQuery) -> Result<Arc<dyn ExecutionPlan>> {
        let query = &*self.with_segments(query).await?;
        let (model, snapshot) = self.model_and_snapshot(query).await?;
        if is_composed(query, &model) {
            let planned = self.plan_composed(query, &self.gather(query, &Damage::default()).await?, LookupsBy::Joins)?;
            self.check_unique(&planned).await?;
            return self.shared.session.physical(&planned.page).await;
        }
        self.open_rollups_of(&DatasetName::parse(&model.dataset)?, &snapshot, model.version).await?;
        let (_, page) = self.page(query, &model, &snapshot, &Arc::default())?;
        self.shared.session.physical(&page).await
    }

    /// The plan of one read-only SQL query over the datasets of the scope.
    ///
    /// # Errors
    /// As [`sql`](Self::sql), apart from what happens while it runs.
    pub async fn plan_sql(&self, sql: &str) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self.plan_statement(sql, None, &Damage::default(), &mut Vec::new()).await?.planned.physical)
    }
}
