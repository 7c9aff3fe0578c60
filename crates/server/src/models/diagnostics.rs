//! What a save would refuse, as a list that an editor marks in its text: the part of the model, what is wrong with it, and the line.
//! What is wrong with the request or the server rather than with the model stays a problem.

use tidemill::interchange::Place;

use super::wire::Diagnostic;
use super::yaml::BODY;
use crate::http::{Answer, Code, FieldProblem, Problem};

/// What is wrong with a model. `find` says where the text has a field.
///
/// # Errors
/// The problem itself, where no other model would help.
pub fn diagnose(problem: Problem, find: impl Fn(&str) -> Option<Place>) -> Answer<Vec<Diagnostic>> {
    let of_model = match problem.code() {
        Code::Invalid => true,
        // A join to what is not there, or one too many: wrong with the model too, where a part of it is named.
        Code::NotFound | Code::Exhausted => problem.names_field(),
        _ => false,
    };
    if !of_model {
        return Err(problem);
    }
    let said = problem.into_wire();
    if said.errors.is_empty() {
        return Ok(vec![diagnostic(FieldProblem { field: String::new(), detail: said.detail.unwrap_or_default() }, &find)]);
    }
    Ok(said.errors.into_iter().map(|error| diagnostic(error, &find)).collect())
}

fn diagnostic(FieldProblem { field, detail }: FieldProblem, find: &impl Fn(&str) -> Option<Place>) -> Diagnostic {
    // Text that cannot be read has no fields yet: the reader names the place, and says it before its sentence too.
    let (field, detail, place) = match field.strip_prefix(BODY) {
        Some(place) => {
            let sentence = detail.strip_prefix(&format!("{field}: ")).unwrap_or(&detail).to_owned();
            (String::new(), sentence, read(place))
        }
        None => {
            let place = find(&field);
            (field, detail, place)
        }
    };
    Diagnostic { field, detail, line: place.map(|place| place.line), column: place.map(|place| place.column) }
}

/// The place of `:3:5`.
fn read(place: &str) -> Option<Place> {
    let (line, column) = place.strip_prefix(':')?.split_once(':')?;
    Some(Place { line: line.parse().ok()?, column: column.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(problem: Problem) -> Diagnostic {
        diagnose(problem, |field| (field == "label").then_some(Place { line: 3, column: 8 })).unwrap().pop().unwrap()
    }

    #[test]
    fn a_place_is_that_of_the_reader_or_of_the_field() {
        let unread = Problem::from(tidemill::Error::invalid("body:2:1: unknown field `datset`; did you mean dataset?").at("body:2:1"));
        let found = only(unread);
        assert_eq!((found.field.as_str(), found.line, found.column), ("", Some(2), Some(1)));
        assert_eq!(found.detail, "unknown field `datset`; did you mean dataset?");
        let found = only(Problem::field("label", "is too long"));
        assert_eq!((found.field.as_str(), found.detail.as_str(), found.line, found.column), ("label", "is too long", Some(3), Some(8)));
        // Text that ends before it says anything has no line, and what is said of no field is said all the same.
        let found = only(Problem::from(tidemill::Error::invalid("body: it is empty").at("body")));
        assert_eq!((found.detail.as_str(), found.line), ("it is empty", None));
        assert_eq!(only(Problem::invalid("the body has 2 models")).detail, "the body has 2 models");
    }

    #[test]
    fn what_is_not_wrong_with_the_model_is_no_diagnostic() {
        let denied = Problem::new(Code::Denied, "only admins");
        assert_eq!(diagnose(denied, |_| None).unwrap_err().code(), Code::Denied);
        // What is not there, or too much, is a part of the model only where that is named.
        let errors = || [tidemill::Error::not_found("there is no dataset stars"), tidemill::Error::exhausted("a model has at most 20 joins")];
        for (alone, placed) in errors().into_iter().zip(errors()) {
            assert!(diagnose(Problem::from(alone), |_| None).is_err());
            assert_eq!(only(Problem::from(placed.at("label"))).line, Some(3));
        }
    }
}
