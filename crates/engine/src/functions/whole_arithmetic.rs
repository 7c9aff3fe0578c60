//! `+`, `-` and `*` of whole numbers that do not wrap round: what their type cannot hold is an error. DataFusion's go on at the
//! other end of the type, and a wrong number that looks like one is the worst answer there is.
//!
//! A whole formula is one call over its parts, `a * b + 1` for instance the steps `xx*x+` over `a`, `b` and `1`: a call for each
//! operator would nest as deep as a formula is long, and much that looks at calls is not made for that.

use std::sync::Arc;

use arrow::compute::kernels::numeric::{add, mul, neg, sub};
use arrow::datatypes::{DataType, Field, FieldRef};
use arrow::error::ArrowError;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, internal_err, plan_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{BinaryExpr, ColumnarValue, Expr, ExprSchemable, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions;
use datafusion::physical_expr_common::datum::apply;
use datafusion::scalar::ScalarValue;

use super::checked_number::CheckedNumber;
use crate::error::Error;

/// What stands before the steps in the name, by which formulas are told apart.
const PREFIX: &str = "whole ";

/// One step of a formula: each takes from what is there and leaves one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    /// The next part of the formula.
    Part,
    Add,
    Subtract,
    Multiply,
    Negate,
}

/// Each step as a letter.
const LETTERS: [(Step, char); 5] = [(Step::Part, 'x'), (Step::Add, '+'), (Step::Subtract, '-'), (Step::Multiply, '*'), (Step::Negate, '~')];

impl Step {
    /// How many numbers it takes of those that earlier steps have left.
    fn takes(self) -> usize {
        match self {
            Self::Part => 0,
            Self::Negate => 1,
            Self::Add | Self::Subtract | Self::Multiply => 2,
        }
    }

    fn of(operator: Operator) -> Option<Self> {
        match operator {
            Operator::Plus => Some(Self::Add),
            Operator::Minus => Some(Self::Subtract),
            Operator::Multiply => Some(Self::Multiply),
            _ => None,
        }
    }
}

/// A formula. Nobody can name it; it takes the place of what is written with signs.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct WholeArithmetic {
    name: String,
    steps: Vec<Step>,
    signature: Signature,
}

impl WholeArithmetic {
    fn new(steps: Vec<Step>) -> Self {
        let letter = |step: &Step| LETTERS.iter().find(|(known, _)| known == step).map(|(_, letter)| *letter);
        let name = PREFIX.chars().chain(steps.iter().filter_map(letter)).collect();
        Self { name, steps, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// The steps as a text.
    pub(crate) fn steps(&self) -> &str {
        self.name.strip_prefix(PREFIX).unwrap_or_default()
    }

    /// What the steps make of the parts, one after the other.
    pub(super) fn walk<T>(&self, parts: Vec<T>, negate: impl Fn(T) -> Result<T>, both: impl Fn(T, Operator, T) -> Result<T>) -> Result<T> {
        let (mut parts, mut there) = (parts.into_iter(), Vec::<T>::new());
        for step in &self.steps {
            let operator = match step {
                Step::Part => {
                    there.extend(parts.next());
                    continue;
                }
                Step::Negate => {
                    let Some(inner) = there.pop() else { return broken() };
                    there.push(negate(inner)?);
                    continue;
                }
                Step::Add => Operator::Plus,
                Step::Subtract => Operator::Minus,
                Step::Multiply => Operator::Multiply,
            };
            let (Some(right), Some(left)) = (there.pop(), there.pop()) else { return broken() };
            there.push(both(left, operator, right)?);
        }
        there.pop().map_or_else(broken, Ok)
    }

    /// The function of some steps. `None`: they are no formula.
    pub(crate) fn read(steps: &str) -> Option<ScalarUDF> {
        let steps: Vec<Step> = steps.chars().map(|letter| LETTERS.iter().find(|(_, known)| *known == letter).map(|(step, _)| *step)).collect::<Option<_>>()?;
        let left = steps.iter().try_fold(0_usize, |there, step| there.checked_sub(step.takes()).map(|rest| rest + 1));
        (left == Some(1)).then(|| ScalarUDF::from(Self::new(steps)))
    }
}

impl ScalarUDFImpl for WholeArithmetic {
    fn name(&self) -> &str {
        &self.name
    }

    /// As it was written, so that columns keep their names.
    fn schema_name(&self, parts: &[Expr]) -> Result<String> {
        let written = parts.iter().map(|part| part.schema_name().to_string()).collect();
        let both = |mut left: String, operator: Operator, right: String| {
            left.push_str(&format!(" {operator} {right}"));
            Ok(left)
        };
        self.walk(written, |inner| Ok(format!("(- {inner})")), both)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [first, others @ ..] if first.is_integer() && others.iter().all(|other| other == first) => Ok(types.to_vec()),
            _ => plan_err!("{} takes whole numbers of one type", self.name),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        types.first().cloned().map_or_else(broken, Ok)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let Some(first) = arguments.arg_fields.first() else { return broken() };
        let nullable = arguments.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), first.data_type().clone(), nullable)))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let both = |left: ColumnarValue, operator: Operator, right: ColumnarValue| {
            let kernel = match operator {
                Operator::Plus => add,
                Operator::Minus => sub,
                _ => mul,
            };
            apply(&left, &right, kernel).map_err(told)
        };
        self.walk(arguments.args, |inner| negated(&inner), both)
    }
}

fn negated(value: &ColumnarValue) -> Result<ColumnarValue> {
    match value {
        ColumnarValue::Array(values) => neg(values).map(ColumnarValue::Array).map_err(|error| told(error.into())),
        ColumnarValue::Scalar(value) => {
            let negated = neg(&value.to_array()?).map_err(|error| told(error.into()))?;
            ScalarValue::try_from_array(&negated, 0).map(ColumnarValue::Scalar)
        }
    }
}

/// What is too large is told without the numbers: who asks may not see all of them.
fn told(error: DataFusionError) -> DataFusionError {
    match error {
        DataFusionError::ArrowError(error, _) if matches!(*error, ArrowError::ArithmeticOverflow(_)) => {
            let error = Error::invalid("a sum, difference or product of whole numbers exceeds what their type holds; write 1.0 * before it to get an approximate one");
            DataFusionError::External(Box::new(error))
        }
        error => error,
    }
}

fn broken<T>() -> Result<T> {
    internal_err!("a formula over whole numbers lacks a part")
}

/// An expression whose arithmetic of whole numbers is checked. The schema is that of its columns; the types of its parts are coerced.
///
/// # Errors
/// It does not fit the schema.
pub(crate) fn checked(expression: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    expression.transform_down(|part| {
        if is_checked_as_a_whole(&part) {
            return Ok(Transformed::new(part, false, TreeNodeRecursion::Jump));
        }
        if !is_whole(&part, schema)? {
            return Ok(Transformed::no(part));
        }
        let (steps, parts) = taken_apart(part, schema)?;
        Ok(Transformed::yes(ScalarUDF::from(WholeArithmetic::new(steps)).call(parts)))
    })
}

/// An expression with signs in the place of calls, to be told to people.
pub(crate) fn with_signs(expression: &Expr) -> Expr {
    let written = expression.clone().transform_up(|part| match &part {
        Expr::ScalarFunction(call) => match call.func.inner().downcast_ref::<WholeArithmetic>() {
            Some(formula) => {
                let both = |left, operator, right| Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right))));
                formula.walk(call.args.clone(), |inner| Ok(Expr::Negative(Box::new(inner))), both).map(Transformed::yes)
            }
            None => Ok(Transformed::no(part)),
        },
        _ => Ok(Transformed::no(part)),
    });
    written.map_or_else(|_| expression.clone(), |written| written.data)
}

/// A checked expression that is in no plan, and whose operators are those of DataFusion.
pub(crate) fn checked_alone(expression: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
    let checked = expression.transform_up(|node| {
        let binary = node.downcast_ref::<expressions::BinaryExpr>().cloned();
        Ok(match binary {
            Some(binary) => Transformed::yes(Arc::new(binary.with_fail_on_overflow(true)) as Arc<dyn PhysicalExpr>),
            None => Transformed::no(node),
        })
    });
    checked.map(|checked| checked.data)
}

/// Whether an expression has a formula that is checked.
pub(crate) fn has_formula(expression: &Expr) -> Result<bool> {
    expression.exists(|part| Ok(matches!(part, Expr::ScalarFunction(call) if call.func.inner().downcast_ref::<WholeArithmetic>().is_some())))
}

/// Whether an expression has arithmetic that may have to be checked.
pub(crate) fn computes(expression: &Expr) -> Result<bool> {
    expression.exists(|part| Ok(matches!(part, Expr::Negative(_)) || matches!(part, Expr::BinaryExpr(binary) if Step::of(binary.op).is_some())))
}

/// Formulas of models compare what they come to with the same of floats. That tells only of sums and products: a remainder or a
/// condition of a number that has wrapped round looks like any other.
fn is_checked_as_a_whole(part: &Expr) -> bool {
    let tells = |part: &Expr| match part {
        Expr::Column(_) | Expr::Literal(..) | Expr::Cast(_) | Expr::Negative(_) => true,
        Expr::BinaryExpr(binary) => Step::of(binary.op).is_some(),
        _ => false,
    };
    let Expr::ScalarFunction(call) = part else { return false };
    let is_one = call.func.inner().downcast_ref::<CheckedNumber>().is_some();
    is_one && call.args.first().is_some_and(|whole| !whole.exists(|part| Ok(!tells(part))).unwrap_or(true))
}

/// Whether a part is an operator over whole numbers of one type. The difference of two dates is none.
fn is_whole(part: &Expr, schema: &DFSchema) -> Result<bool> {
    match part {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if Step::of(*op).is_some() => {
            let left = left.get_type(schema)?;
            Ok(left.is_integer() && left == right.get_type(schema)?)
        }
        Expr::Negative(inner) => Ok(inner.get_type(schema)?.is_integer()),
        _ => Ok(false),
    }
}

/// The steps of a formula, and what they are about.
fn taken_apart(formula: Expr, schema: &DFSchema) -> Result<(Vec<Step>, Vec<Expr>)> {
    enum Task {
        Visit(Expr),
        Write(Step),
    }
    let (mut steps, mut parts) = (Vec::new(), Vec::new());
    let mut tasks = vec![Task::Visit(formula)];
    while let Some(task) = tasks.pop() {
        let part = match task {
            Task::Write(step) => {
                steps.push(step);
                continue;
            }
            Task::Visit(part) => part,
        };
        let is_whole = is_whole(&part, schema)?;
        match part {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_whole => {
                tasks.extend(Step::of(op).map(Task::Write));
                tasks.extend([Task::Visit(*right), Task::Visit(*left)]);
            }
            Expr::Negative(inner) if is_whole => tasks.extend([Task::Write(Step::Negate), Task::Visit(*inner)]),
            part => {
                steps.push(Step::Part);
                parts.push(part);
            }
        }
    }
    Ok((steps, parts))
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
    use arrow::datatypes::{Int64Type, Schema};
    use datafusion::logical_expr::{cast, lit};
    use datafusion::prelude::{SessionContext, col};

    use super::*;

    fn rows() -> RecordBatch {
        let column = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
        let fields = ["a", "b"].map(|name| Field::new(name, DataType::Int64, true));
        let columns = vec![column(vec![Some(2), Some(i64::MAX), None, Some(i64::MIN)]), column(vec![Some(3), Some(1), Some(i64::MAX), Some(1)])];
        RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns).unwrap()
    }

    fn made(expression: &Expr) -> Expr {
        checked(expression.clone(), &DFSchema::try_from(rows().schema()).unwrap()).unwrap().data
    }

    /// What an expression comes to in some of the rows.
    fn value(expression: &Expr, from: usize, count: usize) -> Result<Vec<Option<i64>>> {
        let rows = rows().slice(from, count);
        let schema = DFSchema::try_from(rows.schema())?;
        let physical = SessionContext::new().state().create_physical_expr(made(expression), &schema)?;
        let values = physical.evaluate(&rows)?.into_array(count)?;
        Ok(values.as_primitive::<Int64Type>().iter().collect())
    }

    #[test]
    fn what_64_bits_cannot_hold_is_an_error_and_says_no_number() {
        let cases = [col("a") + col("b"), lit(2_i64) * col("a"), Expr::Negative(Box::new(col("a"))) - col("b") - col("b") - col("b"), col("a") * col("a") + lit(1_i64)];
        for expression in cases {
            assert!(value(&expression, 0, 1).is_ok(), "{expression}");
            // Where one part is missing, nothing is computed.
            assert_eq!(value(&expression, 2, 1).unwrap(), [None], "{expression}");
            let error = value(&expression, 0, 4).unwrap_err().to_string();
            assert!(error.contains("exceeds what their type holds") && !error.contains("922337"), "{expression}: {error}");
        }
        assert!(value(&Expr::Negative(Box::new(col("a"))), 3, 1).is_err());
        assert!(value(&(col("a") - col("b")), 3, 1).is_err());
        assert!(value(&(lit(i64::MAX) + lit(1_i64)), 0, 1).is_err());
    }

    #[test]
    fn a_formula_is_computed_in_its_order() {
        let two = || lit(2_i64);
        for (expression, steps, expected) in [
            (col("a") - (col("b") - two()), "xxx--", 1),
            (col("a") - col("b") - two(), "xx-x-", -3),
            (Expr::Negative(Box::new(col("a"))) * (col("b") + two()), "x~xx+*", -10),
            (two() * two(), "xx*", 4),
        ] {
            let Expr::ScalarFunction(call) = made(&expression) else { panic!("{expression}") };
            let formula = call.func.inner().downcast_ref::<WholeArithmetic>().unwrap();
            assert_eq!((formula.steps(), value(&expression, 0, 1).unwrap()), (steps, vec![Some(expected)]), "{expression}");
            assert_eq!(WholeArithmetic::read(steps).as_ref(), Some(&*call.func));
        }
    }

    #[test]
    fn columns_keep_their_names() {
        for expression in [col("a") + col("b") * lit(2_i64), Expr::Negative(Box::new(col("a") - col("b"))), col("a") - (col("b") - lit(1_i64))] {
            assert_eq!(made(&expression).schema_name().to_string(), expression.schema_name().to_string());
            assert_eq!(with_signs(&made(&expression)), expression);
        }
    }

    #[test]
    fn nothing_but_arithmetic_of_whole_numbers_is_changed() {
        for expression in [
            cast(col("a"), DataType::Float64) + lit(1.5),
            col("a") / col("b"),
            col("a").gt(col("b")),
            lit(ScalarValue::Date32(Some(9))) - lit(ScalarValue::Date32(Some(7))),
            CheckedNumber::udf().call(vec![col("a") + col("b"), lit(1.5)]),
        ] {
            assert_eq!(made(&expression), expression);
        }
        // Beneath others it is found.
        let inside = cast(col("a") + col("b"), DataType::Float64) * lit(2.0);
        assert!(computes(&inside).unwrap() && made(&inside) != inside);
        assert!(!computes(&(col("a") / col("b"))).unwrap());
    }

    #[test]
    fn steps_that_are_no_formula_are_not_read() {
        for steps in ["", "x+", "xx", "+xx", "x?", "~"] {
            assert_eq!(WholeArithmetic::read(steps), None, "{steps}");
        }
    }

    #[test]
    fn a_long_formula_is_one_call() {
        let long = (0..900).fold(col("a"), |sum, _| sum + col("b"));
        let Expr::ScalarFunction(call) = made(&long) else { panic!("a call") };
        assert_eq!(call.args.len(), 901);
        assert_eq!(value(&long, 0, 1).unwrap(), [Some(2 + 900 * 3)]);
    }
}
