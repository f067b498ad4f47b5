"""English: a ConfigMap and a Secret put back from a backup."""

WORDS: dict[str, str] = {
    "strategy.config": "config",
    "step.restore_config.plan": "Restore {name} from the backup of {version}; keys added since disappear",
    "step.restore_config.now": "Restoring {name} from the backup of {version}",
    "step.restore_config.done": "Restored {name} from the backup of {version}",
    "step.restore_config.already": "{name}: already as in the backup of {version}",
    "step.restore_config.failed": "{name}: not as in the backup of {version}",
    "step.restore_config.refused": "{name}: not restored",
    "step.config_live.plan": "Read {name} back: as in the backup of {version}",
    "step.config_live.now": "Reading {name} back",
    "step.config_live.done": "Configuration: {finding}",
    "step.config_live.failed": "Configuration: {finding}",
    "check.short.config_live.pass": "{good} of {of} as in the backup",
    "check.short.config_live.fail": "{good} of {of} as in the backup",
    "check.config_live.pass": "{names} as in the backup of {version}",
    "check.config_live.fail": "Not as in the backup of {version}: {names}. Somebody changed it since it was put back",
    "halt.config-changed": "Not as in the backup of {version}: {names}. Somebody changed it while it was put back",
    "change.config-added": "{entry} → {after}",
    "change.config-added.hidden": "{entry} of {name} comes back (value not shown)",
    "change.config-removed": "{entry} {before} → absent",
    "change.config-removed.hidden": "{entry} of {name} → absent",
    "change.config-changed": "{entry} {before} → {after}",
    "change.config-changed.hidden": "{entry} of {name} changes (value not shown)",
    "change.config-created": "{name} is created with {keys} keys",
    "left_out.config-same": "writing {names}. Its values are the backup's already; pods are restarted all the same.",
    "left_out.secret-not-kept": "{name}. The snapshot was taken without a key, so it stays as it is.",
    "risk.config-unused": "{workload} does not name {name}: its restart shows nothing of it",
    "risk.db-untouched": "the database is not touched",
    "refusal.bad-value.next.missing": "Write {option_code} with what to go back to, such as `to=20261120-0300`",
    "refusal.bad-value.next.no-timestamp": "Write the timestamp of a backup, such as `to=20261120-0300`",
    "refusal.no-backup.title": "{service} has no backup {asked}",
    "refusal.no-backup.title.half": "the backup {asked} of {service} is not whole",
    "refusal.no-backup.happened": (
        "There is no backup {asked_code} in {folder}. Nearest before: {earlier_said}; after: {later_said}."
    ),
    "refusal.no-backup.happened.earlier": (
        "There is no backup {asked_code} in {folder}. Nearest before: {earlier_said}; there is none after."
    ),
    "refusal.no-backup.happened.later": (
        "There is no backup {asked_code} in {folder}. Nearest after: {later_said}; there is none before."
    ),
    "refusal.no-backup.happened.none": "There is no backup {asked_code} in {folder}, and no other one.",
    "refusal.no-backup.happened.half": "{folder} has {there_code}, but no {file_code}: I restore both or none.",
    "refusal.no-backup.next": "Name one of these with `to=`",
    "refusal.no-backup.next.none": "See that the folder is mounted and backups are written there, then Plan again",
    "refusal.no-backup.next.half": "Put the missing file there, or name another backup with `to=`",
    "refusal.bad-backup.title": "the backup of {service} cannot be used",
    "refusal.bad-backup.happened": "{file_code} cannot be used as a backup.",
    "refusal.bad-backup.happened.large": "{file_code} has {size} bytes or more; {limit} are the most.",
    "refusal.bad-backup.happened.no-text": "{file_code} is no UTF-8.",
    "refusal.bad-backup.happened.no-yaml": "{file_code} is no YAML from line {line} on.",
    "refusal.bad-backup.happened.alias": "{file_code} uses an alias (`*name`) in line {line}.",
    "refusal.bad-backup.happened.deep": "{file_code} is nested too deep in line {line}.",
    "refusal.bad-backup.happened.documents": "{file_code} holds {found} YAML documents instead of one.",
    "refusal.bad-backup.happened.no-object": "{file_code} holds no object.",
    "refusal.bad-backup.happened.twice": "In {file_code} a key stands twice: {place_code}.",
    "refusal.bad-backup.happened.kind": "{file_code} holds {found_code} instead of {wanted_code}.",
    "refusal.bad-backup.happened.name": "{file_code} is of {found_code}, the catalog names {wanted_code}.",
    "refusal.bad-backup.happened.namespace": "{file_code} is of namespace {found_code}, not of {wanted_code}.",
    "refusal.bad-backup.happened.no-mapping": "In {file_code} {place_code} is no mapping of keys to texts.",
    "refusal.bad-backup.happened.no-string": "In {file_code} {place_code} is no text (line {line}).",
    "refusal.bad-backup.happened.key": "In {file_code} {place_code} is no key that Kubernetes takes.",
    "refusal.bad-backup.happened.base64": "In {file_code} {place_code} is no base64.",
    "refusal.bad-backup.happened.full": "The values in {file_code} have {size} bytes; {limit} are the most.",
    "refusal.bad-backup.happened.fixed": "{file_code} is of an immutable object.",
    "refusal.bad-backup.happened.lacks-keys": "{file_code} lacks {keys_said}, without which {workload} does not start.",
    "refusal.bad-backup.happened.no-key": "{file_code} is sealed, and I have no key.",
    "refusal.bad-backup.happened.wrong-key": (
        "{file_code} does not open: it was sealed with a key that I do not have, or was changed since."
    ),
    "refusal.bad-backup.next": "Mend the file, or name another backup with `to=`",
    "refusal.bad-backup.next.large": "Take out what is no part of the object, or name another backup with `to=`",
    "refusal.bad-backup.next.alias": "Write the value out where it is used, then Plan again",
    "refusal.bad-backup.next.documents": "Keep one object in the file, then Plan again",
    "refusal.bad-backup.next.no-string": "Put the value in quotes, then Plan again",
    "refusal.bad-backup.next.kind": "Put the right file there, or name another backup with `to=`",
    "refusal.bad-backup.next.name": "Put the right file there, or mend the name in the catalog, then Plan again",
    "refusal.bad-backup.next.namespace": "Put the right file there, or name another backup with `to=`",
    "refusal.bad-backup.next.full": "Split the object in two, as Kubernetes asks for, then Plan again",
    "refusal.bad-backup.next.fixed": (
        "Make a new object from the file and name it in the workload with your pipeline; an immutable one never changes"
    ),
    "refusal.bad-backup.next.lacks-keys": "Name a backup that has them, or roll the workload back first",
    "refusal.bad-backup.next.no-key": "Set ROLLBACK_SNAPSHOT_KEY to the key it was sealed with, then Plan again",
    "refusal.bad-backup.next.wrong-key": (
        "Add the earlier key to ROLLBACK_SNAPSHOT_KEY after a comma, or name another backup with `to=`"
    ),
    "refusal.config-fixed.title": "{name} of {service} cannot be changed in its place",
    "refusal.config-fixed.happened": "{kind} {name} cannot be changed in its place.",
    "refusal.config-fixed.happened.immutable": "{kind} {name} is immutable: Kubernetes refuses any change of it.",
    "refusal.config-fixed.happened.hashed": (
        "{kind} {name} carries a hash in its name: each change of it is a new object, and the old ones still stand."
    ),
    "refusal.config-fixed.happened.type": (
        "{kind} {name} has the type {found_code}, {file_code} has {wanted_code}: a type never changes."
    ),
    "refusal.config-fixed.next": "Make a new object and name it in the workload with your pipeline",
    "refusal.config-fixed.next.hashed": (
        "Undo the rollout, which leads back to the old name: `/rollback kubernetes {service}`"
    ),
    "refusal.config-fixed.next.type": "Delete {kind} {name} yourself if it may be of the other type, then Plan again",
    "commands.config_file": "Go on only if this says {sha256}:",
    "commands.config_put": "This replaces all values of {kind} {name} with those of the file; none is printed:",
    "commands.config_create": "{kind} {name} was not there when it was planned. This creates it from the file:",
    "commands.config_same": "{kind} {name} held what the file holds when it was planned: nothing to write",
    "commands.config_sealed": "{file} is sealed: this needs the bot's programs and ROLLBACK_SNAPSHOT_KEY:",
    "commands.config_map": "Go on only if these are the values of {file}:",
    "commands.config_secret": "Go on only if these are the keys and sizes of {file}; values are not printed:",
}
