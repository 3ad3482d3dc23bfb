//! Several people at once.

use std::collections::BTreeSet;
use std::time::Duration;

use super::making::makes_a_picture;
use super::world::Surroundings;

#[tokio::test(flavor = "multi_thread")]
async fn two_people_at_once_see_their_own_pictures_and_no_others() {
    let surroundings = Surroundings::default().run_time(Duration::from_millis(300));
    let world = surroundings.start().await;
    let (ada, bob) = (
        world.telegram.person(17, "ru"),
        world.telegram.person(18, "ru"),
    );
    let each = async |person: &super::double::person::Person, name: &str| {
        let mut pictures = BTreeSet::new();
        for number in 1..=3 {
            let prompt = format!("{name}, картинка {number}");
            pictures.insert(makes_a_picture(person, &prompt, "1:1").await);
        }
        pictures
    };
    let (of_ada, of_bob) = tokio::join!(each(&ada, "Ада"), each(&bob, "Боб"));
    assert_eq!((of_ada.len(), of_bob.len()), (3, 3));
    assert!(of_ada.is_disjoint(&of_bob));
    for (person, own, other) in [(&ada, "Ада", "Боб"), (&bob, "Боб", "Ада")] {
        let screen = person.screen();
        let photos = screen.iter().filter(|message| message.photo().is_some());
        let captions: Vec<_> = photos.map(|message| message.words().to_owned()).collect();
        assert_eq!(captions.len(), 3);
        assert!(
            captions.iter().all(|caption| caption.starts_with(own)),
            "{captions:?}"
        );
        assert!(
            screen
                .iter()
                .all(|message| !message.words().contains(other))
        );
    }
    assert_eq!(world.fal.control().accepted_submits(), 6);
    world.end().await;
}
