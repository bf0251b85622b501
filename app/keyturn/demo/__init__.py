"""keyturn demo: two real servers, a made-up organisation, and the whole main job on them."""
