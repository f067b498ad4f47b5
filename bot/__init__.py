"""What a rollback is: the domain, the store, the directory of people, the verbs and the views."""
