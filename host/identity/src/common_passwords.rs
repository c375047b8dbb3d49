//! The passwords that everyone tries first, of those long enough to be chosen here.

/// Lower-case, in order.
pub(crate) const COMMON: &[&str] = &[
    "00000000", "000000000", "0000000000", "01234567", "012345678", "0123456789", "11111111", "111111111",
    "1111111111", "11223344", "1122334455", "12121212", "12312312", "123123123", "123321123", "12341234", "12344321",
    "1234512345", "123454321", "12345678", "123456789", "1234567890", "12345678910", "1234567899", "123456789a",
    "123456789q", "12345679", "1234567q", "1234abcd", "1234qwer", "13131313", "147258369", "159357159", "159753159",
    "1q2w3e4r", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx", "1qaz2wsx3edc", "1qazxsw2", "22222222", "23232323",
    "33333333", "44444444", "55555555", "555555555", "66666666", "77777777", "789456123", "87654321", "88888888",
    "98765432", "987654321", "9876543210", "99999999", "999999999", "a1234567", "a12345678", "a123456789", "a1b2c3d4",
    "aa123456", "aa12345678", "aaaaaaaa", "aaaaaaaaaa", "abc12345", "abc123456", "abcd1234", "abcd12345", "abcdef123",
    "abcdefgh", "abcdefghi", "admin123", "admin1234", "admin12345", "admin@123", "adminadmin", "administrator",
    "alexander", "allison1", "andromeda", "angelina", "anthony1", "aq1sw2de", "arsenal1", "asdf1234", "asdfasdf",
    "asdfghjk", "asdfghjkl", "asdfqwer", "awesome1", "babygirl", "babygirl1", "barcelona", "baseball", "baseball1",
    "basketball", "batman123", "beautiful", "benjamin", "birthday", "blink182", "brooklyn", "butterfly", "caroline",
    "changeit", "changeme", "changeme1", "changeme123", "charlie1", "chelsea1", "chocolate", "christian",
    "christopher", "computer", "computer1", "correcthorsebatterystaple", "corvette", "cowboys1", "creative",
    "danielle", "database", "default1", "diamond1", "dinosaur", "dolphins", "dragon12", "dragon123", "einstein",
    "elephant", "elizabeth", "facebook", "facebook1", "fernando", "firebird", "football", "football1", "forever1",
    "formula1", "francesca", "freedom1", "freepass", "fuckyou1", "fuckyou123", "garfield", "gateway1", "geronimo",
    "godzilla", "goldfish", "guest123", "guitar123", "hardcore", "hello123", "hello1234", "hellohello", "honey123",
    "hunter12", "iamtheadmin", "iloveyou", "iloveyou1", "iloveyou12", "iloveyou123", "iloveyou2", "internet",
    "internet1", "jackson1", "jasmine1", "jennifer", "jessica1", "jonathan", "jordan23", "kawasaki", "killer123",
    "kristina", "lalalala", "letmein1", "letmein12", "letmein123", "letmeinplease", "liverpool", "liverpool1",
    "lovelove", "loveme123", "lucky123", "magic123", "manchester", "marina123", "marlboro", "maverick", "mercedes",
    "michael1", "michelle", "midnight", "millionaire", "monkey12", "monkey123", "mountain", "mustang1", "mynoob123",
    "mypassword", "myspace1", "nicholas", "nintendo", "nothing1", "omgpop12", "opensesame", "p@55w0rd", "p@ssw0rd",
    "p@ssw0rd1", "p@ssword", "p@ssword1", "pa$$w0rd", "pass1234", "pass12345", "passpass", "passport", "passw0rd",
    "passw0rd1", "password", "password!", "password0", "password00", "password01", "password1", "password1!",
    "password11", "password12", "password123", "password1234", "password12345", "password2", "password3", "password5",
    "password7", "password8", "password9", "password99", "passwort", "passwort1", "passwort123", "patricia",
    "patrick1", "pokemon1", "pokemon123", "porsche911", "princess", "princess1", "princess12", "q1w2e3r4",
    "q1w2e3r4t5", "q1w2e3r4t5y6", "qazwsx123", "qazwsxed", "qazwsxedc", "qqqqqqqq", "qwaszx12", "qwer1234",
    "qwerasdf", "qwert123", "qwert1234", "qwert12345", "qwerty00", "qwerty01", "qwerty11", "qwerty12", "qwerty123",
    "qwerty1234", "qwerty12345", "qwerty123456", "qwertyui", "qwertyuiop", "qwertyuiop1", "qwertz123", "qwertzui",
    "qwertzuiop", "rainbow1", "rangers1", "rockyou1", "ronaldo7", "root1234", "rootroot", "samantha", "samsung1",
    "scorpion", "secret12", "secret123", "security", "service1", "shadow12", "shadow123", "slipknot", "snickers",
    "snowball", "soccer12", "softball", "southpark", "spiderman", "spiderman1", "starwars", "starwars1", "steelers",
    "stephanie", "strawberry", "success1", "sunshine", "sunshine1", "superman", "superman1", "superstar", "support1",
    "swordfish", "sysadmin", "system123", "teacher1", "temp1234", "temporary", "test1234", "test12345", "test123456",
    "testing1", "testing123", "testtest", "thailand", "thomas123", "thunder1", "thunderbird", "tigger12",
    "tinkerbell", "trustno1", "unknown1", "user1234", "username", "vanessa1", "vestry123", "vestry1234", "victoria",
    "volleyball", "warcraft", "webmaster", "welcome1", "welcome12", "welcome123", "welcome1234", "welcome@123",
    "whatever", "whatever1", "wildcats", "william1", "woaini1314", "wolverine", "x12345678", "xxxxxxxx", "yankees1",
    "yourname", "zaq12wsx", "zaq1xsw2", "zaq1zaq1", "zxcvbnm1", "zxcvbnm123", "zxcvbnma", "zzzzzzzz",
];

#[cfg(test)]
mod tests {
    use super::COMMON;

    #[test]
    fn the_list_is_in_order_for_searching() {
        assert!(COMMON.is_sorted() && COMMON.len() > 150);
        assert!(COMMON.iter().all(|password| password.len() >= 8 && *password == password.to_lowercase()));
    }
}
