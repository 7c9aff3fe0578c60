//! What the shop sells and to whom. The order of the lists is the order of popularity.

/// A country with its customers.
#[derive(Debug)]
pub(super) struct Country {
    pub(super) name: &'static str,
    /// Share of all customers, in percent.
    pub(super) share: f64,
    /// Its clock ahead of UTC; summer time is left out.
    pub(super) offset_minutes: i64,
    /// Largest first.
    pub(super) cities: &'static [&'static str],
}

/// A product with its price.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) price_cents: u32,
}

pub(super) const COUNTRIES: [Country; 12] = [
    Country { name: "United States", share: 29.0, offset_minutes: -360, cities: &["New York", "Los Angeles", "Chicago", "Houston", "Seattle", "Denver"] },
    Country { name: "Germany", share: 14.0, offset_minutes: 60, cities: &["Berlin", "Hamburg", "Munich", "Cologne", "Frankfurt"] },
    Country { name: "United Kingdom", share: 12.0, offset_minutes: 0, cities: &["London", "Manchester", "Birmingham", "Leeds", "Bristol"] },
    Country { name: "France", share: 9.0, offset_minutes: 60, cities: &["Paris", "Lyon", "Marseille", "Toulouse"] },
    Country { name: "Japan", share: 8.0, offset_minutes: 540, cities: &["Tokyo", "Osaka", "Nagoya", "Fukuoka"] },
    Country { name: "Canada", share: 6.0, offset_minutes: -300, cities: &["Toronto", "Montreal", "Vancouver", "Calgary"] },
    Country { name: "Spain", share: 5.0, offset_minutes: 60, cities: &["Madrid", "Barcelona", "Valencia", "Seville"] },
    Country { name: "Netherlands", share: 4.5, offset_minutes: 60, cities: &["Amsterdam", "Rotterdam", "Utrecht"] },
    Country { name: "Australia", share: 4.0, offset_minutes: 600, cities: &["Sydney", "Melbourne", "Brisbane", "Perth"] },
    Country { name: "Brazil", share: 3.5, offset_minutes: -180, cities: &["São Paulo", "Rio de Janeiro", "Curitiba"] },
    Country { name: "Sweden", share: 3.0, offset_minutes: 60, cities: &["Stockholm", "Gothenburg", "Malmö"] },
    Country { name: "India", share: 2.0, offset_minutes: 330, cities: &["Mumbai", "Bengaluru", "Delhi", "Chennai"] },
];

/// Where an order comes in, with its share in percent.
pub(super) const CHANNELS: [(&str, f64); 4] = [("web", 46.0), ("mobile app", 35.0), ("marketplace", 12.0), ("store", 7.0)];

/// What has become of an order, with its share in percent.
pub(super) const STATUSES: [(&str, f64); 4] = [("completed", 91.0), ("returned", 4.5), ("cancelled", 3.0), ("refunded", 1.5)];

const fn product(name: &'static str, category: &'static str, price_cents: u32) -> Product {
    Product { name, category, price_cents }
}

pub(super) const PRODUCTS: [Product; 32] = [
    product("Wireless earbuds", "Electronics", 7990),
    product("Running shoes", "Sports", 10900),
    product("Coffee beans 1 kg", "Groceries", 1850),
    product("T-shirt", "Clothing", 1990),
    product("Phone case", "Electronics", 1490),
    product("Water bottle", "Sports", 2400),
    product("Face cream", "Beauty", 3250),
    product("Desk lamp", "Home", 4900),
    product("Crime novel", "Books", 1299),
    product("Jeans", "Clothing", 6990),
    product("Building blocks", "Toys", 3999),
    product("Yoga mat", "Sports", 3490),
    product("Bluetooth speaker", "Electronics", 5900),
    product("Olive oil", "Groceries", 1380),
    product("Shampoo", "Beauty", 890),
    product("Hoodie", "Clothing", 5490),
    product("Cookbook", "Books", 2800),
    product("Bed linen", "Home", 6490),
    product("Board game", "Toys", 2999),
    product("Smart watch", "Electronics", 22900),
    product("Dark chocolate", "Groceries", 490),
    product("Backpack", "Clothing", 8400),
    product("Saucepan", "Home", 4550),
    product("Perfume", "Beauty", 7400),
    product("Travel guide", "Books", 1890),
    product("Tablet", "Electronics", 39900),
    product("Jigsaw puzzle", "Toys", 1799),
    product("Dumbbells", "Sports", 5990),
    product("Green tea", "Groceries", 940),
    product("Armchair", "Home", 28900),
    product("Winter coat", "Clothing", 17900),
    product("Mirrorless camera", "Electronics", 84900),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percent() {
        for total in [COUNTRIES.iter().map(|country| country.share).sum::<f64>(), CHANNELS.iter().map(|channel| channel.1).sum(), STATUSES.iter().map(|status| status.1).sum()] {
            assert!((total - 100.0).abs() < 1e-9, "{total}");
        }
    }
}
