//! `a || b` as a function, so that what it makes is bounded as that of other functions is (`bounded_text`); and how the planner comes
//! to make calls of ours of what is syntax and no name.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_err};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
use datafusion::logical_expr::{ColumnarValue, Expr, ExprSchemable, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::bounded_text::bounded;

pub(crate) const NAME: &str = "text_concat";

/// Two texts one after the other; nothing where one of them is nothing.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TextConcat {
    signature: Signature,
}

impl TextConcat {
    /// The function as DataFusion takes it.
    pub(crate) fn udf() -> ScalarUDF {
        ScalarUDF::from(Self { signature: Signature::user_defined(Volatility::Immutable) })
    }
}

impl ScalarUDFImpl for TextConcat {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args.iter().map(|part| part.schema_name().to_string()).collect();
        Ok(names.join(" || "))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [left, right] = types else { return plan_err!("{NAME} takes two texts") };
        let (left, right) = BinaryTypeCoercer::new(left, &Operator::StringConcat, right).get_input_types()?;
        Ok(vec![left, right])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let [left, right] = types else { return plan_err!("{NAME} takes two texts") };
        BinaryTypeCoercer::new(left, &Operator::StringConcat, right).get_result_type()
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = arguments.args.iter().all(|part| matches!(part, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { arguments.number_rows };
        let columns = arguments.args.iter().map(|part| part.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let fields: Vec<Field> = columns.iter().map(|column| Field::new("text", column.data_type().clone(), true)).collect();
        let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        let side = |index| Arc::new(Column::new("text", index)) as Arc<dyn PhysicalExpr>;
        match BinaryExpr::new(side(0), Operator::StringConcat, side(1)).evaluate(&rows)? {
            ColumnarValue::Array(both) if is_constant => ScalarValue::try_from_array(&both, 0).map(ColumnarValue::Scalar),
            both => Ok(both),
        }
    }
}

/// Plans what would else grow without bound past the list of functions.
#[derive(Debug)]
pub(crate) struct Planner {
    concat: Arc<ScalarUDF>,
    array: Arc<ScalarUDF>,
    overlay: Option<Arc<ScalarUDF>>,
}

impl Planner {
    pub(crate) fn new(functions: &[Arc<ScalarUDF>]) -> Self {
        let overlay = functions.iter().find(|function| function.name() == "overlay").map(Arc::clone);
        Self { concat: bounded(Arc::new(TextConcat::udf())), array: bounded(datafusion::functions_nested::make_array::make_array_udf()), overlay }
    }
}

impl ExprPlanner for Planner {
    fn plan_binary_op(&self, call: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let is_list = |side: &Expr| side.get_type(schema).map(|side| side.is_nested());
        if call.op != BinaryOperator::StringConcat || is_list(&call.left)? || is_list(&call.right)? {
            return Ok(PlannerResult::Original(call));
        }
        Ok(PlannerResult::Planned(self.concat.call(vec![call.left, call.right])))
    }

    fn plan_array_literal(&self, exprs: Vec<Expr>, _: &DFSchema) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(PlannerResult::Planned(self.array.call(exprs)))
    }

    fn plan_overlay(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(match &self.overlay {
            Some(overlay) => PlannerResult::Planned(overlay.call(args)),
            None => PlannerResult::Original(args),
        })
    }
}
