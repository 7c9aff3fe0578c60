//! How a run changes the ledger and looks into it: what its engines were told, and what they see while others are at work and when
//! nobody is, is held against what may have happened.

use std::collections::BTreeMap;

use serde_json::Value;
use tidemill::{Error, ErrorKind, Mill};

use crate::change::LEDGER;
use crate::dice::Dice;
use crate::ledger::{Ended, Ledger, Seen};
use crate::script::Op;
use crate::world::{Running, World, meaning};

/// Changes of a run at most, so that encoding never takes a thread and all is decided by the seed.
const CHANGES_MAX: usize = 16;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Rows,
    /// An aggregate, which partials answer.
    Sums,
    Positions,
}

impl Look {
    const ALL: [Self; 3] = [Self::Rows, Self::Sums, Self::Positions];

    /// Asks for it; nothing where there is no ledger.
    async fn ask(self, mill: &Mill) -> tidemill::Result<Option<Value>> {
        let answer = match self {
            Self::Rows => mill.sql("select * from ledger").await.map(|answer| answer.to_json()),
            Self::Sums => mill.sql("select op, count(*) as n, sum(v) as total from ledger group by op").await.map(|answer| answer.to_json()),
            Self::Positions => {
                let told = mill.positions(LEDGER).await;
                told.map(|told| told.into_iter().map(|position| (position.source, Value::from(position.position))).collect::<serde_json::Map<String, Value>>().into())
            }
        };
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What an answer shows.
    fn read(self, answer: Option<&Value>, ledger: &Ledger) -> Result<Seen, String> {
        let none = Value::Null;
        let answer = answer.unwrap_or(&none);
        let columns = columns_of(answer);
        match self {
            Self::Rows if answer.is_null() => Ok(Seen::no_rows()),
            Self::Rows => {
                let is_wide = answer["columns"].as_array().into_iter().flatten().any(|column| column["name"] == "v" && column["type"] == "float");
                Seen::rows(&ledger.plans, &columns, is_wide)
            }
            Self::Sums => {
                let value = |name: &str, row: usize| columns.get(name).and_then(|values| values.get(row)).and_then(Value::as_f64);
                let rows = columns.get("op").map_or(0, Vec::len);
                let sums = (0..rows).map(|row| Some((value("op", row)? as usize, (value("n", row)? as u64, (2.0 * value("total", row)?) as u64))));
                sums.collect::<Option<BTreeMap<_, _>>>().map(Seen::Sums).ok_or_else(|| format!("the ledger: sums are {answer}"))
            }
            Self::Positions => {
                let told = answer.as_object().into_iter().flatten();
                Seen::positions(told.map(|(source, position)| (source.as_str(), position.as_u64().unwrap())))
            }
        }
    }

    /// Who is told where a source is goes on from there, so that has to stay.
    fn is_relied_on(self) -> bool {
        self == Self::Positions
    }
}

/// The values of an answer by name of their column.
fn columns_of(answer: &Value) -> BTreeMap<String, Vec<Value>> {
    let names = answer["columns"].as_array().into_iter().flatten().filter_map(|column| column["name"].as_str());
    let values = answer["data"].as_array().into_iter().flatten().filter_map(Value::as_array);
    names.zip(values).map(|(name, values)| (name.to_owned(), values.clone())).collect()
}

/// What changes no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chore {
    Compact,
    Checkpoint,
    Vacuum,
}

impl Chore {
    pub(crate) const ALL: [Self; 3] = [Self::Compact, Self::Checkpoint, Self::Vacuum];

    /// Does it to a dataset.
    pub(crate) async fn of(self, mill: &Mill, dataset: &str) -> tidemill::Result<()> {
        match self {
            Self::Compact => mill.compact(dataset).await.map(drop),
            Self::Checkpoint => mill.checkpoint(dataset).await.map(drop),
            Self::Vacuum => mill.vacuum(dataset).await.map(drop),
        }
    }
}

impl Ledger {
    /// What is done to it next.
    pub(crate) fn plan(&mut self, dice: &mut Dice) -> Op {
        let known = self.plans.changes.len();
        match dice.below(12) {
            0..2 => Op::Look(*dice.pick(&Look::ALL)),
            2 => Op::Chore(*dice.pick(&Chore::ALL)),
            // Once more, whatever became of it: also at the same time on two engines.
            3 | 4 if known > 0 => Op::Change(dice.below(known), None),
            _ if known >= CHANGES_MAX => Op::Change(dice.below(known), None),
            5 => Op::Change(self.plans.plan(dice), Some(dice.below(60) as u64)),
            _ => Op::Change(self.plans.plan(dice), None),
        }
    }
}

impl World {
    /// Tries a change. Its caller may give up after some steps.
    pub(crate) async fn change(&self, engine: &Running, number: usize, give_up: Option<u64>) -> Result<(), String> {
        let (change, load_id, attempt, look) = {
            let mut oracle = self.oracle();
            let ledger = &mut oracle.ledger;
            let change = ledger.plans.changes[number].clone();
            let load_id = change.replays().and_then(|load| ledger.plans.load_ids.get(&load).cloned());
            let attempt = ledger.begin(Some(number));
            // Whoever is refused because his source is elsewhere has been told where it is.
            let look = change.part().map(|_| ledger.begin(None));
            (change, load_id, attempt, look)
        };
        let work = change.carry_out(&engine.mill, number, load_id.as_deref(), self.naive);
        let ended = match give_up {
            None => self.until_death(engine, work).await,
            Some(steps) => {
                self.machine.cancel_after(engine.node.number, steps);
                let work = async {
                    tokio::select! {
                        biased;
                        () = self.machine.cancellation(engine.node.number) => None,
                        ended = work => Some(ended),
                    }
                };
                let ended = self.until_death(engine, work).await.flatten();
                self.machine.forget_cancellation(engine.node.number);
                ended
            }
        };
        let told = match &ended {
            Some(Ok(report)) => {
                report.as_ref().map_or(Ok(()), |report| change.check(report))?;
                Ended::Done
            }
            Some(Err(error)) if meaning(error)?.is_some() => Ended::Refused,
            None if give_up.is_some() => Ended::GivenUp,
            _ => Ended::Unknown,
        };
        let mut oracle = self.oracle();
        let ledger = &mut oracle.ledger;
        if told == Ended::Done {
            ledger.plans.note(number, ended.as_ref().and_then(|ended| ended.as_ref().ok()?.as_ref()));
        }
        ledger.end(attempt, told)?;
        if let (Some(look), Some(part)) = (look, change.part()) {
            match ended.as_ref().and_then(|ended| ended.as_ref().err()).and_then(Error::position_conflict) {
                Some(elsewhere) => {
                    ledger.see(look, &Seen::Position(part.source, elsewhere.position), true)?;
                    match elsewhere.position {
                        Some(position) => drop(ledger.plans.positions.insert(part.source, position)),
                        None => drop(ledger.plans.positions.remove(&part.source)),
                    }
                }
                None => ledger.forget(look),
            }
        }
        drop(oracle);
        self.machine.lock().note(format!("change {number} {told:?}"));
        Ok(())
    }

    /// Looks while others are at work.
    pub(crate) async fn look(&self, engine: &Running, look: Look) -> Result<(), String> {
        let attempt = self.oracle().ledger.begin(None);
        let asked = self.until_death(engine, look.ask(&engine.mill)).await;
        let mut oracle = self.oracle();
        let ledger = &mut oracle.ledger;
        match asked {
            Some(Ok(answer)) => {
                let seen = look.read(answer.as_ref(), ledger)?;
                ledger.see(attempt, &seen, look.is_relied_on()).map_err(|error| format!("while others were at work: {error}"))
            }
            Some(Err(error)) => {
                ledger.forget(attempt);
                meaning(&error).map(drop)
            }
            None => {
                ledger.forget(attempt);
                Ok(())
            }
        }
    }

    /// Whether the ledger is as it may be, where nobody is at work and nothing is on its way.
    pub(crate) async fn compare_ledger(&self, mill: &Mill) -> Result<(), String> {
        if !self.oracle().ledger.is_begun() {
            return Ok(());
        }
        // Rows always, and one of the others by turns: each is a question, and there are many.
        let other = if self.machine.lock().steps.is_multiple_of(2) { Look::Sums } else { Look::Positions };
        for look in [Look::Rows, other] {
            let attempt = self.oracle().ledger.begin(None);
            let answer = look.ask(mill).await.map_err(|error| format!("the ledger, {look:?}: {error}"))?;
            let mut oracle = self.oracle();
            let seen = look.read(answer.as_ref(), &oracle.ledger)?;
            oracle.ledger.see(attempt, &seen, look.is_relied_on())?;
        }
        self.oracle().ledger.settle();
        self.machine.lock().note("the ledger is right".to_owned());
        Ok(())
    }
}
