//! The questions of RTABench over the star, in our own SQL, which every contender takes as it is. Each has the number that
//! it has there. Every order is made unique, so that all answers are comparable.

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct StarQuestion {
    /// As in RTABench.
    pub id: u32,
    /// What people read.
    pub name: &'static str,
    /// For everybody.
    pub sql: &'static str,
}

const fn ask(id: u32, name: &'static str, sql: &'static str) -> StarQuestion {
    StarQuestion { id, name, sql }
}

/// All questions.
pub const QUESTIONS: [StarQuestion; 31] = [
    ask(
        0,
        "moving average of hourly events of three terminals",
        "with hourly as (select date_trunc('hour', event_created) as hour, terminal, count(*) as events from order_events
         where event_created >= timestamp '2024-01-01' and event_created < timestamp '2024-02-01' and event_type in ('Created', 'Departed', 'Delivered') group by 1, 2)
         select hour, terminal, events, avg(events) over (partition by terminal order by hour rows between 3 preceding and current row) as moving
         from hourly where terminal in ('Berlin', 'Hamburg', 'Munich')",
    ),
    ask(
        1,
        "departures from Berlin by day, April",
        "select date_trunc('day', event_created) as day, count(*) from order_events where event_created >= timestamp '2024-04-01' and event_created < timestamp '2024-05-01'
         and event_type = 'Departed' and terminal = 'Berlin' group by 1",
    ),
    ask(2, "most events of an order, a month", "select max(counter) from order_events where event_created >= timestamp '2024-05-01' and event_created < timestamp '2024-06-01'"),
    ask(
        3,
        "was anything delivered from London to a customer in March",
        "select count(*) > 0 from order_events e join orders o on o.order_id = e.order_id where o.customer_id = 124 and e.event_type = 'Delivered' and e.terminal = 'London'
         and e.event_created >= timestamp '2024-03-01' and e.event_created < timestamp '2024-04-01'",
    ),
    ask(
        4,
        "days with most delays, May",
        "select date_trunc('day', event_created) as day, count(*) as delays from order_events where event_created >= timestamp '2024-05-01' and event_created < timestamp '2024-06-01'
         and status like '%Delayed%' and status like '%Priority%' group by 1 order by 2 desc, 1 limit 20",
    ),
    ask(
        5,
        "first ten events of rare processors",
        "select order_id, counter, event_created, processor from order_events where processor like '%ron%' and event_created >= timestamp '2024-03-01'
         and event_created < timestamp '2024-08-01' order by event_created, order_id, counter limit 10",
    ),
    ask(
        6,
        "first ten events with a backup processor",
        "select order_id, counter, event_created, backup_processor from order_events where backup_processor is not null and backup_processor <> ''
         order by event_created, order_id, counter limit 10",
    ),
    ask(7, "last event of an order", "select counter, event_created, event_type, terminal from order_events where order_id = 4242 order by event_created desc, counter desc limit 1"),
    ask(
        8,
        "order with most delays, a week",
        "select order_id, count(*) as delays from order_events where event_created >= timestamp '2024-07-01' and event_created < timestamp '2024-07-08'
         and status like '%Delayed%' group by 1 order by 2 desc, 1 limit 1",
    ),
    ask(
        9,
        "departures of an order",
        "select count(*) from order_events where order_id = 4242 and event_type = 'Departed' and event_created >= timestamp '2024-01-01' and event_created < timestamp '2024-03-01'",
    ),
    ask(
        10,
        "last event of an order before a day",
        "select counter, event_created, event_type from order_events where order_id = 4242 and event_created < timestamp '2024-02-01' order by event_created desc, counter desc limit 1",
    ),
    ask(
        11,
        "events of an order in some days",
        "select counter, event_created, event_type, terminal, status from order_events where order_id = 4242 and event_created >= timestamp '2024-01-15'
         and event_created < timestamp '2024-01-18' order by event_created, counter",
    ),
    ask(12, "satisfaction by day of an order", "select date_trunc('day', event_created) as day, max(satisfaction) from order_events where order_id = 4242 group by 1"),
    ask(
        13,
        "an order with and without backup, by month",
        "select date_trunc('month', event_created) as month, backup_processor is not null as backup, count(*), avg(satisfaction) from order_events where order_id = 4242 group by 1, 2",
    ),
    ask(14, "value of the stock of a category", "select sum(price * stock) from products where category = 'Electronics'"),
    ask(
        15,
        "was anything delivered to a customer",
        "select count(*) > 0 from order_events e join orders o on o.order_id = e.order_id where o.customer_id = 124 and e.event_type = 'Delivered'",
    ),
    ask(
        16,
        "customers with most orders, 6 months",
        "select c.customer_id, c.name, count(*) as orders from orders o join customers c on c.customer_id = o.customer_id
         where o.created_at >= timestamp '2024-01-01' and o.created_at < timestamp '2024-07-01' group by 1, 2 order by 3 desc, 1 limit 10",
    ),
    ask(
        17,
        "products delivered most, January",
        "select i.product_id, sum(i.amount) as amount from order_events e join order_items i on i.order_id = e.order_id
         where e.event_type = 'Delivered' and e.event_created >= timestamp '2024-01-01' and e.event_created < timestamp '2024-02-01' group by 1 order by 2 desc, 1 limit 10",
    ),
    ask(
        18,
        "customers with most revenue, January",
        "select o.customer_id, sum(i.amount * p.price) as revenue from orders o join order_items i on i.order_id = o.order_id join products p on p.product_id = i.product_id
         where o.created_at >= timestamp '2024-01-01' and o.created_at < timestamp '2024-02-01' group by 1 order by 2 desc, 1 limit 10",
    ),
    ask(
        19,
        "products ordered in a week and never shipped",
        "select count(distinct i.product_id) from orders o join order_items i on i.order_id = o.order_id
         where o.created_at >= timestamp '2024-12-01' and o.created_at < timestamp '2024-12-08'
         and not exists (select 1 from order_events e where e.order_id = o.order_id and e.event_type = 'Shipped')",
    ),
    ask(
        20,
        "customers with undelivered orders, last week",
        "select o.customer_id, count(*) as waiting from orders o where o.created_at >= timestamp '2024-12-25'
         and not exists (select 1 from order_events e where e.order_id = o.order_id and e.event_type = 'Delivered') group by 1 order by 2 desc, 1 limit 10",
    ),
    ask(
        21,
        "revenue by country, January",
        "select c.country, sum(i.amount * p.price) as revenue from orders o join customers c on c.customer_id = o.customer_id join order_items i on i.order_id = o.order_id
         join products p on p.product_id = i.product_id where o.created_at >= timestamp '2024-01-01' and o.created_at < timestamp '2024-02-01' group by 1",
    ),
    ask(
        22,
        "revenue by country and state with totals, January",
        "select c.country, c.state, sum(i.amount * p.price) as revenue from orders o join customers c on c.customer_id = o.customer_id
         join order_items i on i.order_id = o.order_id join products p on p.product_id = i.product_id
         where o.created_at >= timestamp '2024-01-01' and o.created_at < timestamp '2024-02-01' group by grouping sets ((c.country), (c.country, c.state), ())",
    ),
    ask(
        23,
        "products with most revenue delivered from Berlin, half a year",
        "select i.product_id, sum(i.amount * p.price) as revenue from order_events e join order_items i on i.order_id = e.order_id join products p on p.product_id = i.product_id
         where e.event_type = 'Delivered' and e.terminal = 'Berlin' and e.event_created >= timestamp '2024-07-01' and e.event_created < timestamp '2025-01-01'
         group by 1 order by 2 desc, 1 limit 10",
    ),
    ask(
        24,
        "customers with most revenue, 6 days",
        "select o.customer_id, sum(i.amount * p.price) as revenue from orders o join order_items i on i.order_id = o.order_id join products p on p.product_id = i.product_id
         where o.created_at >= timestamp '2024-12-24' and o.created_at < timestamp '2024-12-30' group by 1 order by 2 desc, 1 limit 10",
    ),
    ask(
        25,
        "revenue delivered by category, 6 days",
        "select p.category, sum(i.amount * p.price) as revenue from order_events e join order_items i on i.order_id = e.order_id join products p on p.product_id = i.product_id
         where e.event_type = 'Delivered' and e.event_created >= timestamp '2024-12-24' and e.event_created < timestamp '2024-12-30' group by 1",
    ),
    ask(
        26,
        "average value of an order, 6 days",
        "select sum(i.amount * p.price) / count(distinct o.order_id) from orders o join order_items i on i.order_id = o.order_id join products p on p.product_id = i.product_id
         where o.created_at >= timestamp '2024-12-24' and o.created_at < timestamp '2024-12-30'",
    ),
    ask(
        27,
        "revenue delivered to Switzerland by category, January",
        "select p.category, sum(i.amount * p.price) as revenue from order_events e join orders o on o.order_id = e.order_id join customers c on c.customer_id = o.customer_id
         join order_items i on i.order_id = o.order_id join products p on p.product_id = i.product_id
         where e.event_type = 'Delivered' and e.event_created >= timestamp '2024-01-01' and e.event_created < timestamp '2024-02-01' and c.country = 'Switzerland' group by 1",
    ),
    ask(
        28,
        "revenue by age, 6 days",
        "select case when c.birthday > date '2006-12-24' then 'below 18' when c.birthday > date '1998-12-24' then '18 to 25' when c.birthday > date '1984-12-24' then '26 to 39'
         when c.birthday > date '1964-12-24' then '40 to 59' else '60 and more' end as age, sum(i.amount * p.price) as revenue
         from orders o join customers c on c.customer_id = o.customer_id join order_items i on i.order_id = o.order_id join products p on p.product_id = i.product_id
         where o.created_at >= timestamp '2024-12-24' and o.created_at < timestamp '2024-12-30' group by 1",
    ),
    ask(
        29,
        "products bought most by the young, last week",
        "select i.product_id, sum(i.amount) as amount from orders o join customers c on c.customer_id = o.customer_id join order_items i on i.order_id = o.order_id
         where o.created_at >= timestamp '2024-12-25' and c.birthday > date '1998-12-24' and c.birthday <= date '2006-12-24' group by 1 order by 2 desc, 1 limit 10",
    ),
    ask(
        30,
        "customers with most delivered orders, 6 months",
        "select o.customer_id, count(*) as delivered from order_events e join orders o on o.order_id = e.order_id
         where e.event_type = 'Delivered' and e.event_created >= timestamp '2024-07-01' and e.event_created < timestamp '2025-01-01' group by 1 order by 2 desc, 1 limit 10",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_its_number() {
        assert!(QUESTIONS.iter().enumerate().all(|(place, question)| question.id as usize == place));
    }
}
