//! What engines do in a run: what is planned by chance, and how it is done and written down for the oracle.

use futures::stream::{self, StreamExt};
use tidemill::{Csv, DatasetSettings, Load, Rollup};

use crate::change::LEDGER;
use crate::changing::{Chore, Look};
use crate::dice::Dice;
use crate::oracle::{Batch, Content, Contents, Deletion, Oracle, Outcome};
use crate::world::{BATCHES_MAX, Running, World, meaning};

/// Something that an engine does.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Loads batches at the same time.
    Push(Vec<usize>),
    /// Loads one, and gives up after so many steps.
    GiveUp(usize, u64),
    /// Deletes rows, or erases them.
    Delete(usize, bool),
    Compact,
    Checkpoint,
    Vacuum,
    Rollups,
    Ask,
    /// Takes the older chunk out.
    Retain(usize),
    /// Loads a batch into the second dataset.
    Scratch(usize),
    /// Drops it.
    Drop,
    /// Does something to the ledger; the caller may give up after so many steps.
    Change(usize, Option<u64>),
    /// Looks into it.
    Look(Look),
    /// Something that changes no row of it.
    Chore(Chore),
}

impl Oracle {
    fn new_batch(&mut self, dice: &mut Dice) -> usize {
        let old = dice.one_in(3) && !self.deletions.iter().any(|deletion| deletion.below == 100);
        self.batches.push(Batch { rows: 1 + dice.below(4) as u64, old, outcome: Outcome::default() });
        self.batches.len() - 1
    }

    /// What one of the engines does next; where there is a ledger, about half of it to this.
    pub(crate) fn plan(&mut self, dice: &mut Dice, player: usize, rollups: bool, has_ledger: bool) -> Vec<Op> {
        let count = 1 + dice.below(2);
        (0..count).map(|_| if has_ledger && dice.one_in(2) { self.ledger.plan(dice) } else { self.plan_one(dice, player, rollups) }).collect()
    }

    fn plan_one(&mut self, dice: &mut Dice, player: usize, rollups: bool) -> Op {
        let acknowledged: Vec<usize> = (0..self.batches.len()).filter(|batch| self.batches[*batch].outcome.acknowledged).collect();
        let room = self.batches.len() < BATCHES_MAX;
        match dice.below(20) {
            0..6 if room => Op::Push((0..1 + dice.below(3)).map(|_| self.new_batch(dice)).collect()),
            6 if room => Op::GiveUp(self.new_batch(dice), dice.below(40) as u64),
            // Once more with the same key, whatever became of it: also at the same time on two engines.
            7..9 if !self.batches.is_empty() => {
                let retained = self.deletions.iter().any(|deletion| deletion.below == 100);
                let again = dice.below(self.batches.len());
                let (batch, of_scratch) = (&self.batches[again], self.is_scratch(again));
                if of_scratch || (retained && batch.old) { Op::Ask } else { Op::Push(vec![again]) }
            }
            9..11 if !acknowledged.is_empty() && self.deletions.len() < 6 => {
                let batches = (0..1 + dice.below(2)).map(|_| *dice.pick(&acknowledged)).collect();
                self.deletions.push(Deletion { batches, below: 1 + dice.below(3) as u64, outcome: Outcome::default() });
                Op::Delete(self.deletions.len() - 1, dice.one_in(3))
            }
            // Once more, where nobody knows what became of it.
            11 if !self.deletions.is_empty() => {
                let again = dice.below(self.deletions.len());
                if self.deletions[again].below == 100 { Op::Compact } else { Op::Delete(again, false) }
            }
            12..14 => Op::Compact,
            14 => Op::Checkpoint,
            15 => Op::Vacuum,
            16 if rollups => Op::Rollups,
            17 if player == 0 && dice.one_in(3) && !self.deletions.iter().any(|deletion| deletion.below == 100) => {
                let batches = acknowledged.into_iter().filter(|batch| self.batches[*batch].old).collect();
                self.deletions.push(Deletion { batches, below: 100, outcome: Outcome::default() });
                Op::Retain(self.deletions.len() - 1)
            }
            18 if player == 0 && room => {
                let batch = self.new_batch(dice);
                self.scratch_batches.insert(batch);
                Op::Scratch(batch)
            }
            19 if player == 0 => Op::Drop,
            _ => Op::Ask,
        }
    }

    fn is_scratch(&self, batch: usize) -> bool {
        self.scratch_batches.contains(&batch)
    }
}

impl World {
    pub(crate) async fn perform(&self, engine: &Running, op: &Op) -> Result<(), String> {
        let mill = &engine.mill;
        match op {
            Op::Push(batches) => {
                batches.iter().for_each(|batch| self.outcome(*batch, Outcome::begin));
                let loads = batches.iter().map(|batch| mill.load("orders", self.load(*batch)));
                // Small loads into a dataset that is there share commits. Those that make one decode on threads, of which
                // no seed says which is the first, so they are told one by one.
                let at_once = if self.oracle().acknowledged() > 0 { batches.len() } else { 1 };
                let ended = self.until_death(engine, stream::iter(loads).buffered(at_once).collect::<Vec<_>>()).await;
                let ended = ended.map(|ended| ended.into_iter().map(Some).collect()).unwrap_or_else(|| batches.iter().map(|_| None).collect::<Vec<_>>());
                for (batch, ended) in batches.iter().zip(ended) {
                    self.end_load(*batch, ended)?;
                }
            }
            Op::GiveUp(batch, steps) => {
                self.outcome(*batch, Outcome::begin);
                self.machine.cancel_after(engine.node.number, *steps);
                let load = async {
                    tokio::select! {
                        biased;
                        () = self.machine.cancellation(engine.node.number) => None,
                        ended = mill.load("orders", self.load(*batch)) => Some(ended),
                    }
                };
                let ended = self.until_death(engine, load).await.flatten();
                self.machine.forget_cancellation(engine.node.number);
                self.end_load(*batch, ended)?;
            }
            Op::Delete(number, erase) => {
                let deletion = self.deletion(*number);
                self.oracle().deletions[*number].outcome.begin();
                let predicate = deletion.predicate();
                let work = async { if *erase { mill.erase_rows("orders", &predicate).await } else { mill.delete_rows("orders", &predicate).await } };
                self.end_deletion(*number, self.until_death(engine, work).await)?;
            }
            Op::Retain(number) => {
                self.oracle().deletions[*number].outcome.begin();
                let work = async {
                    mill.update_dataset_settings("orders", DatasetSettings { keep_days: Some(10), ..Default::default() }).await?;
                    mill.apply_retention("orders").await
                };
                self.end_deletion(*number, self.until_death(engine, work).await)?;
            }
            Op::Compact => self.chore(engine, async { mill.compact("orders").await.map(drop) }).await?,
            Op::Checkpoint => self.chore(engine, async { mill.checkpoint("orders").await.map(drop) }).await?,
            Op::Vacuum => self.chore(engine, async { mill.vacuum("orders").await.map(drop) }).await?,
            Op::Rollups => {
                let work = async {
                    let mut model = mill.model("orders").await?;
                    if model.rollups.is_empty() {
                        model.rollups = vec![rollup()];
                        let version = model.version;
                        mill.update_model(model, version).await?;
                    }
                    mill.build_rollups("orders").await.map(drop)
                };
                self.chore(engine, work).await?;
            }
            Op::Ask => self.ask(engine).await?,
            Op::Scratch(batch) => {
                let ended = self.until_death(engine, mill.load("scratch", self.load(*batch))).await;
                let done = ended.map(|ended| ended.map(drop));
                self.end_scratch(done, |before| Some(before.into_iter().flatten().chain([*batch]).collect()))?;
            }
            Op::Drop => {
                let ended = self.until_death(engine, mill.delete_dataset("scratch")).await;
                let before = self.oracle().scratch.clone();
                self.oracle().gone.extend(before.into_iter().filter(Option::is_some));
                self.end_scratch(ended, |_| None)?;
            }
            Op::Change(number, give_up) => self.change(engine, *number, *give_up).await?,
            Op::Look(look) => self.look(engine, *look).await?,
            Op::Chore(chore) => self.chore(engine, chore.of(mill, LEDGER)).await?,
        }
        Ok(())
    }

    fn load(&self, batch: usize) -> Load {
        Csv::bytes(self.batch(batch).csv(batch)).idempotency_key(format!("b{batch}"))
    }

    fn end_load(&self, batch: usize, ended: Option<tidemill::Result<tidemill::LoadReport>>) -> Result<(), String> {
        let done = match ended {
            Some(Ok(report)) if (report.rows, report.rejected) != (self.batch(batch).rows, 0) => return Err(format!("batch {batch} was reported as {report:?}")),
            Some(Ok(_)) => Some(true),
            Some(Err(error)) => meaning(&error)?,
            None => None,
        };
        self.outcome(batch, |outcome| outcome.end(done));
        self.machine.lock().note(format!("batch {batch} {done:?}"));
        Ok(())
    }

    fn end_deletion<T>(&self, number: usize, ended: Option<tidemill::Result<T>>) -> Result<(), String> {
        let done = match ended {
            Some(Ok(_)) => Some(true),
            Some(Err(error)) => meaning(&error)?,
            None => None,
        };
        self.oracle().deletions[number].outcome.end(done);
        self.machine.lock().note(format!("deletion {number} {done:?}"));
        Ok(())
    }

    /// What the second dataset may be after something was tried with it.
    fn end_scratch(&self, ended: Option<tidemill::Result<()>>, change: impl Fn(Content) -> Content) -> Result<(), String> {
        let done = match ended {
            Some(Ok(())) => Some(true),
            Some(Err(error)) => meaning(&error)?,
            None => None,
        };
        let mut oracle = self.oracle();
        let before = std::mem::take(&mut oracle.scratch);
        let after: Contents = before.iter().cloned().map(change).collect();
        oracle.scratch = match done {
            Some(true) => after,
            Some(false) => before,
            None => after.into_iter().chain(before).collect(),
        };
        Ok(())
    }

    /// Something that changes no row. It may fail as the storage does.
    async fn chore(&self, engine: &Running, work: impl Future<Output = tidemill::Result<()>>) -> Result<(), String> {
        match self.until_death(engine, work).await {
            Some(Err(error)) => meaning(&error).map(drop),
            _ => Ok(()),
        }
    }

    /// Asks while others are at work: what was acknowledged before is there, what is under way may be.
    async fn ask(&self, engine: &Running) -> Result<(), String> {
        let before: (Vec<bool>, Vec<bool>) = {
            let oracle = self.oracle();
            (oracle.batches.iter().map(|batch| batch.outcome.acknowledged).collect(), oracle.deletions.iter().map(|deletion| deletion.outcome.acknowledged).collect())
        };
        let asked = self.until_death(engine, engine.mill.sql("select id from orders")).await;
        let answer = match asked {
            Some(Ok(answer)) => answer.to_json()["data"][0].clone(),
            Some(Err(error)) if error.kind() != tidemill::ErrorKind::NotFound || !before.0.contains(&true) => return meaning(&error).map(drop),
            Some(Err(error)) => return Err(error.to_string()),
            None => return Ok(()),
        };
        let mut found = std::collections::BTreeMap::new();
        for id in answer.as_array().into_iter().flatten().filter_map(serde_json::Value::as_u64) {
            *found.entry(id).or_default() += 1;
        }
        let oracle = self.oracle();
        let mut now = Oracle { batches: oracle.batches.clone(), deletions: oracle.deletions.clone(), ..Oracle::default() };
        drop(oracle);
        let outcomes = now
            .batches
            .iter_mut()
            .map(|batch| &mut batch.outcome)
            .zip(before.0)
            .chain(now.deletions.iter_mut().map(|deletion| &mut deletion.outcome).zip(before.1));
        for (outcome, acknowledged) in outcomes {
            outcome.unknown |= outcome.is_possible();
            outcome.acknowledged = acknowledged;
        }
        now.check(&found).map_err(|error| format!("while others were at work: {error}"))
    }
}

fn rollup() -> Rollup {
    serde_json::from_value(serde_json::json!({"name": "by_batch", "measures": ["count", "sum_n", "sum_amount"], "dimensions": ["batch"]})).unwrap()
}
