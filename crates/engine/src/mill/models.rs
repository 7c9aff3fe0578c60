//! Models of a mill: read, generated for new datasets, changed with optimistic versions.

use super::Mill;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::query::table::visible_schema;
use crate::semantic::{Model, check, generate};

impl Mill {
    /// The models of the tenant, one for each dataset.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub async fn models(&self) -> Result<Vec<Model>> {
        let mut models = Vec::new();
        for (name, _) in self.shared.datasets.list(self.scope.tenant()).await? {
            models.push(self.model(name.as_str()).await?);
        }
        Ok(models)
    }

    /// One model.
    ///
    /// # Errors
    /// `NotFound` when there is neither model nor dataset of that name.
    pub async fn model(&self, name: &str) -> Result<Model> {
        let name = DatasetName::parse(name)?;
        let found = match self.shared.models.get::<Model>(self.scope.tenant(), &name).await? {
            Some(found) => Some(found),
            None => {
                self.ensure_model(&name).await?;
                self.shared.models.get(self.scope.tenant(), &name).await?
            }
        };
        let (version, mut model) = found.ok_or_else(|| Error::not_found(format!("there is no model {name}")))?;
        model.version = version;
        let dataset = DatasetName::parse(&model.dataset)?;
        let snapshot = self.find(&dataset).await?;
        check::retain_visible(&mut model, self.shared.session.shared(), &visible_schema(&snapshot.arrow, &dataset, &self.scope)?);
        Ok(model)
    }

    /// Stores a model as the version after `expected`.
    ///
    /// # Errors
    /// `Invalid` when it does not fit its dataset, `Conflict` when somebody else changed it since.
    pub async fn update_model(&self, model: Model, expected: u64) -> Result<Model> {
        let name = DatasetName::parse(&model.name)?;
        let snapshot = self.find(&DatasetName::parse(&model.dataset)?).await?;
        if model.name != model.dataset {
            return Err(Error::invalid("a model has the name of its dataset").at("name"));
        }
        check::check(&model, self.shared.session.shared(), &visible_schema(&snapshot.arrow, &name, &self.scope)?)?;
        let version = self.shared.models.put(self.scope.tenant(), &name, expected, &model).await?;
        Ok(Model { version, ..model })
    }

    /// Generates the first version of a model, unless there is one.
    pub(super) async fn ensure_model(&self, dataset: &DatasetName) -> Result<()> {
        let snapshot = self.find(dataset).await?;
        let model = generate::generate(dataset.as_str(), &snapshot.metadata.label, &snapshot.metadata.schema);
        match self.shared.models.put(self.scope.tenant(), dataset, 0, &model).await {
            Err(error) if error.kind() != crate::ErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }
}
