//! `looked_up(key, …)`: what a version of another dataset says of a key. Which dataset, version and column that is, and under
//! which scope, is part of the function's name: what was computed with it is never taken for something else.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::internal_err;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use super::mapping::Mapping;

/// A mapping that is put in place after planning and before running.
pub(crate) type MappingSlot = Arc<OnceLock<Arc<Mapping>>>;

/// The function.
pub(crate) struct LookedUp {
    name: String,
    signature: Signature,
    data_type: DataType,
    slot: MappingSlot,
}

impl LookedUp {
    /// The function as DataFusion takes it. `keys` and `data_type`: the types of its arguments and of its value.
    pub(crate) fn udf(name: String, keys: Vec<DataType>, data_type: DataType, slot: MappingSlot) -> ScalarUDF {
        ScalarUDF::from(Self { name, signature: Signature::new(TypeSignature::Exact(keys), Volatility::Immutable), data_type, slot })
    }

    /// What it looks up in.
    pub(crate) fn mapping(&self) -> Result<&Arc<Mapping>> {
        match self.slot.get() {
            Some(mapping) => Ok(mapping),
            None => internal_err!("{} was not read before it is looked up in", self.name),
        }
    }
}

/// Whether a function is one of these. They have a value for every key.
pub(crate) fn is_looked_up(function: &ScalarUDF) -> bool {
    function.inner().downcast_ref::<LookedUp>().is_some()
}

/// An expression with other names for these functions, to be compared with others: it cannot be evaluated.
pub(crate) fn renamed(expr: &Expr, names: &BTreeMap<String, String>) -> Result<Expr> {
    let renamed = expr.clone().transform_up(|part| {
        let Expr::ScalarFunction(call) = &part else { return Ok(Transformed::no(part)) };
        let found = call.func.inner().downcast_ref::<LookedUp>().and_then(|found| Some((found, names.get(&found.name)?)));
        Ok(match found {
            Some((found, name)) => {
                let other = LookedUp { name: name.clone(), signature: found.signature.clone(), data_type: found.data_type.clone(), slot: MappingSlot::default() };
                Transformed::yes(ScalarUDF::from(other).call(call.args.clone()))
            }
            None => Transformed::no(part),
        })
    })?;
    Ok(renamed.data)
}

impl fmt::Debug for LookedUp {
    /// Expressions are printed to be put in order, and what is looked up in may be large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LookedUp({})", self.name)
    }
}

impl PartialEq for LookedUp {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for LookedUp {}

impl Hash for LookedUp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for LookedUp {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.data_type.clone())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let keys = arguments.args.iter().map(|key| key.to_array(arguments.number_rows)).collect::<Result<Vec<ArrayRef>>>()?;
        let found = self.mapping()?.look_up(&keys).map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(ColumnarValue::Array(found))
    }
}
