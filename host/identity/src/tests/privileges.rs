use super::{House, refused};
use crate::privileges::{Declared, Proposal, accept, create, declare, delete, list, set_permissions};
use crate::{Actor, Permission, Privilege};

fn permission(name: &str) -> Permission {
    Permission::parse(name).unwrap()
}

fn privilege(name: &str) -> Privilege {
    Privilege::parse(name).unwrap()
}

fn permits(house: &House, name: &str) -> Vec<String> {
    house.database.read(|reader| reader.privilege_permissions(name)).unwrap()
}

#[tokio::test]
async fn a_privilege_may_be_given_by_who_holds_all_of_it() {
    let house = House::new();
    house.privilege("clerk", &["users.privileges", "users.read"]);
    house.privilege("reader", &["users.read"]);
    house.privilege("remover", &["users.delete"]);
    house.person("clerk", &["clerk"]);
    house.person("reader", &["reader"]);
    let of = async |name: &str| {
        let actor = house.actor(name).await;
        let views = house.database.read(|reader| list(reader, &actor)).unwrap();
        views.into_iter().filter(|view| view.may_give).map(|view| view.name).collect::<Vec<_>>()
    };
    assert_eq!(of("clerk").await, ["advocate", "trainer", "user", "clerk", "reader"]);
    assert!(of("reader").await.is_empty(), "without users.privileges nothing");
    let views = house.database.read(|reader| list(reader, &Actor::console())).unwrap();
    assert!(views.iter().all(|view| view.may_give));
    assert!(views[0].name == "admin" && views[0].permissions.contains(&"server.manage".to_owned()));
}

#[tokio::test]
async fn nobody_makes_a_privilege_permit_what_they_do_not_hold() {
    let house = House::new();
    house.privilege("clerk", &["users.privileges", "users.read"]);
    house.privilege("mixed", &["users.delete"]);
    house.person("clerk", &["clerk"]);
    let actor = house.actor("clerk").await;
    let write = |body: &dyn Fn(&vestry_storage::Transaction<'_>) -> Result<(), crate::IdentityError>| {
        house.database.write(|tx| body(tx))
    };
    let (delete_users, read_users) = (permission("users.delete"), permission("users.read"));
    let refusals = [
        refused(write(&|tx| create(tx, &actor, &privilege("own"), "Own", std::slice::from_ref(&delete_users), 1))),
        refused(write(&|tx| {
            set_permissions(tx, &actor, &privilege("clerk"), &[delete_users.clone(), read_users.clone()], 1)
        })),
        refused(write(&|tx| set_permissions(tx, &actor, &privilege("mixed"), &[], 1))),
    ];
    for refusal in refusals {
        assert_eq!(refusal, "You do not hold `users.delete` yourself.");
    }
    assert!(refused(write(&|tx| delete(tx, &actor, &privilege("mixed"), 1))).starts_with("You do not hold all"));
    // What it permits already and keeps need not be held.
    write(&|tx| set_permissions(tx, &actor, &privilege("mixed"), &[delete_users.clone(), read_users.clone()], 1))
        .unwrap();
    assert_eq!(permits(&house, "mixed"), ["users.delete", "users.read"]);
    house.person("plain", &[]);
    let plain = house.actor("plain").await;
    assert!(refused(write(&|tx| create(tx, &plain, &privilege("own"), "Own", &[], 1))).contains("users.privileges"));
    assert!(
        refused(write(&|tx| set_permissions(tx, &plain, &privilege("mixed"), &[], 1))).contains("users.privileges")
    );
}

#[test]
fn those_that_come_with_vestry_stay_and_admin_stays_as_it_is() {
    let house = House::new();
    let console = Actor::console();
    let deleted = house.database.write(|tx| delete(tx, &console, &privilege("trainer"), 1));
    assert!(refused(deleted).contains("comes with Vestry"));
    let changed = house.database.write(|tx| set_permissions(tx, &console, &privilege("admin"), &[], 1));
    assert!(refused(changed).starts_with("Administrators may do everything"));
    house
        .database
        .write(|tx| set_permissions(tx, &console, &privilege("trainer"), &[permission("users.read")], 1))
        .unwrap();
    assert_eq!(permits(&house, "trainer"), ["users.read"]);
    let unknown =
        house.database.write(|tx| set_permissions(tx, &console, &privilege("trainer"), &[permission("users.fly")], 1));
    assert_eq!(refused(unknown), "There is no permission `users.fly`.");
    let twice = house.database.write(|tx| create(tx, &console, &privilege("trainer"), "Again", &[], 1));
    assert_eq!(refused(twice), "There is already a privilege `trainer`.");
}

#[tokio::test]
async fn changing_a_privilege_changes_its_holders_at_once() {
    let house = House::new();
    house.privilege("reader", &["users.read"]);
    let id = house.person("anna", &["reader"]);
    let session = house.session("anna").await;
    let holds = || house.caller(&session).unwrap().permissions.holds_name("users.read");
    assert!(holds());
    house.database.write(|tx| set_permissions(tx, &Actor::console(), &privilege("reader"), &[], 1)).unwrap();
    assert!(!holds());
    house.database.write(|tx| delete(tx, &Actor::console(), &privilege("reader"), 1)).unwrap();
    assert_eq!(house.row(&id).privileges, "user");
}

#[tokio::test]
async fn what_a_plugin_suggests_permits_nothing_until_it_is_accepted() {
    let house = House::new();
    let name = permission("org.example.logs/read");
    let declared = [Declared {
        name: name.clone(),
        title: "Read logs".into(),
        suggested: vec![privilege("advocate"), privilege("unknown")],
    }];
    let proposals = house.database.write(|tx| declare(tx, "org.example.logs", &declared)).unwrap();
    let to = |name_of: &str| Proposal { privilege: privilege(name_of), permission: name.clone() };
    assert_eq!(proposals, [to("advocate"), to("unknown")]);
    assert!(permits(&house, "advocate").is_empty());
    house.person("clerk", &["trainer"]);
    let clerk = house.actor("clerk").await;
    assert!(refused(house.database.write(|tx| accept(tx, &clerk, &proposals, 1))).starts_with("You do not hold"));
    house.database.write(|tx| accept(tx, &Actor::console(), &proposals, 1)).unwrap();
    assert_eq!(permits(&house, "advocate"), [name.as_str()]);
    // Taken away again, the next version of the plugin does not bring it back.
    house.database.write(|tx| set_permissions(tx, &Actor::console(), &privilege("advocate"), &[], 1)).unwrap();
    assert!(house.database.write(|tx| declare(tx, "org.example.logs", &declared)).unwrap().is_empty());
    let foreign = house.database.write(|tx| declare(tx, "org.example.other", &declared));
    assert!(refused(foreign).contains("does not begin with `org.example.other/`"));
}
