//! What expressions are told apart by, in this process and in all others. What they hash by themselves will not do: a
//! function hashes the number that a compiler gave to its type, so that two builds over one store would not find each
//! other's rollups. Nor will what they print: no printed form quotes, and a column named `a + b` and the sum of two columns
//! would be one. So a function counts by its name here, and what is there of an expression is said before what it is.

use std::hash::{Hash, Hasher};

use datafusion::common::cse::HashNode;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Expr;
use sha2::{Digest, Sha256};

use super::Fingerprint;

/// An identity in the making.
pub(super) struct Identity(ShaHasher);

impl Identity {
    /// Of something with a name.
    pub(super) fn of(name: &str) -> Self {
        let mut hash = ShaHasher(Sha256::new());
        name.hash(&mut hash);
        Self(hash)
    }

    /// Adds a list of expressions.
    pub(super) fn add(&mut self, exprs: &[&Expr]) {
        exprs.len().hash(&mut self.0);
        for expr in exprs {
            // Nodes come before their children, and each says how many it has; nothing here fails.
            let _ = expr.apply(|node| {
                self.add_node(node);
                Ok(TreeNodeRecursion::Continue)
            });
        }
    }

    fn add_node(&mut self, node: &Expr) {
        let hash = &mut self.0;
        match node {
            Expr::ScalarFunction(call) => ("scalar", call.func.name(), call.args.len()).hash(hash),
            Expr::AggregateFunction(call) => {
                let params = &call.params;
                ("aggregate", call.func.name(), params.args.len(), params.distinct, params.filter.is_some()).hash(hash);
                params.null_treatment.hash(hash);
                params.order_by.iter().map(|sort| (sort.asc, sort.nulls_first)).collect::<Vec<_>>().hash(hash);
            }
            Expr::Case(case) => ("case", case.expr.is_some(), case.when_then_expr.len(), case.else_expr.is_some()).hash(hash),
            Expr::InList(list) => ("in", list.negated, list.list.len()).hash(hash),
            // What is left has as many children as its kind. Windows, lambdas and subqueries are in no fragment.
            other => {
                "other".hash(hash);
                other.hash_node(hash);
            }
        }
    }

    pub(super) fn fingerprint(self) -> Fingerprint {
        self.0.0.finalize().into()
    }
}

/// Feeds what a value hashes into SHA-256.
struct ShaHasher(Sha256);

impl Hasher for ShaHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = <Fingerprint>::from(self.0.clone().finalize());
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;
    use datafusion::error::Result;
    use datafusion::functions_aggregate::expr_fn::{count, sum};
    use datafusion::logical_expr::{ColumnarValue, ExprFunctionExt, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit, when};
    use datafusion::prelude::col;

    use super::*;

    /// A function whose type is another one for each number.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Named<const TYPE: usize> {
        name: String,
        signature: Signature,
    }

    impl<const TYPE: usize> ScalarUDFImpl for Named<TYPE> {
        fn name(&self) -> &str {
            &self.name
        }

        fn signature(&self) -> &Signature {
            &self.signature
        }

        fn return_type(&self, _: &[DataType]) -> Result<DataType> {
            Ok(DataType::Int64)
        }

        fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
            Ok(arguments.args.into_iter().next().unwrap())
        }
    }

    fn call<const TYPE: usize>(name: &str, arguments: Vec<Expr>) -> Expr {
        ScalarUDF::from(Named::<TYPE> { name: name.to_owned(), signature: Signature::variadic_any(Volatility::Immutable) }).call(arguments)
    }

    fn of(exprs: &[Expr]) -> Fingerprint {
        let mut identity = Identity::of("test");
        identity.add(&exprs.iter().collect::<Vec<_>>());
        identity.fingerprint()
    }

    #[test]
    fn functions_count_by_their_names() {
        let (one, other) = (call::<1>("f", vec![col("a")]), call::<2>("f", vec![col("a")]));
        assert_ne!(one, other, "they are of different types");
        assert_eq!(of(std::slice::from_ref(&one)), of(std::slice::from_ref(&other)));
        assert_eq!(of(&[sum(one.clone() + lit(1_i64))]), of(&[sum(other + lit(1_i64))]));
        assert_ne!(of(&[one]), of(&[call::<1>("g", vec![col("a")])]));
    }

    #[test]
    fn what_differs_in_shape_differs() {
        let (a, b) = (|| col("a"), || col("b"));
        let different = [
            vec![a(), b()],
            vec![b(), a()],
            vec![a() + b()],
            vec![a() - b()],
            vec![call::<1>("f", vec![a(), b()])],
            vec![call::<1>("f", vec![a()]), b()],
            vec![call::<1>("f", vec![call::<1>("f", vec![a()]), b()])],
            vec![call::<1>("f", vec![call::<1>("f", vec![a(), b()])])],
            vec![a().in_list(vec![b(), a()], false)],
            vec![a().in_list(vec![b(), a()], true)],
            vec![a().in_list(vec![b()], false), a()],
            vec![when(a(), b()).end().unwrap()],
            vec![when(a(), b()).otherwise(a()).unwrap()],
            vec![sum(a()), b()],
            vec![sum(a()).filter(b()).build().unwrap()],
            vec![sum(a()).distinct().build().unwrap()],
            vec![sum(a()).order_by(vec![b().sort(true, false)]).build().unwrap()],
            vec![sum(a()).order_by(vec![b().sort(false, false)]).build().unwrap()],
            vec![sum(a()).order_by(vec![b().sort(true, true)]).build().unwrap()],
            vec![count(a())],
            vec![lit(1_i64)],
            vec![lit(1_i32)],
            vec![lit("a")],
        ];
        let distinct: std::collections::HashSet<Fingerprint> = different.iter().map(|exprs| of(exprs)).collect();
        assert_eq!(distinct.len(), different.len());
    }
}
