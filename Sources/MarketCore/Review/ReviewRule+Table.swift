// docs/publishing.md repeats this table; a test compares them.
extension ReviewRule {
    static let secrets = [
        ReviewRule(
            "secret-private-key", .critical, "A private key is in the package, where every buyer's run could read it.",
            fix: "Remove it, replace it where it was used, and declare it under [[secrets]]."),
        ReviewRule(
            "secret-token", .critical, "A token in a known format is in the package.",
            fix: "Revoke it, remove it, and declare it under [[secrets]]."),
        ReviewRule(
            "secret-value", .medium, "A random-looking value is given to something that is named as a secret.",
            fix: "Declare it under [[secrets]] and read it from the environment."),
    ]

    static let hiding = [
        ReviewRule(
            "obfuscated-exec", .critical, "Encoded text is decoded and executed, so nobody can read what runs.",
            fix: "Put the program itself into the package."),
        ReviewRule(
            "decode-then-exec", .high, "Text is decoded, and something is executed a few lines later.",
            fix: "Put the program itself into the package, or decode data in another place than code is executed."),
        ReviewRule(
            "minified-exec", .high, "A line of thousands of characters executes text.",
            fix: "Pack the source as it was written."),
        ReviewRule(
            "encoded-blob", .medium, "A long encoded text stands in a source file.",
            fix: "Keep data in a file of its own kind, as plain as possible."),
        ReviewRule(
            "minified-code", .low, "A source file has lines of thousands of characters.",
            fix: "Pack the source as it was written."),
        ReviewRule(
            "bidi-control", .high, "Characters that reorder text make it read otherwise than it runs (Trojan Source).",
            fix: "Remove the characters U+202A to U+202E and U+2066 to U+2069."),
        ReviewRule(
            "hidden-text", .critical, "Characters that nobody sees carry text (Unicode tags).",
            fix: "Remove the characters U+E0000 to U+E007F."),
        ReviewRule(
            "invisible-character", .medium, "A name or text in a source file has characters of no width.",
            fix: "Remove U+200B to U+200D, U+2060 and U+FEFF."),
        ReviewRule(
            "mixed-script", .high, "A word in a source file mixes Latin letters with ones that look like them.",
            fix: "Write names in one script."),
        ReviewRule(
            "undecodable-source", .medium, "A source file is not UTF-8 text.", fix: "Save it as UTF-8."),
    ]

    static let calls = [
        ReviewRule(
            "python-exec", .medium, "Text is executed as Python.", fix: "Call functions instead of exec and eval."),
        ReviewRule(
            "python-shell", .medium, "A command goes through a shell.",
            fix: "Use subprocess.run with a list of arguments."),
        ReviewRule(
            "python-unpickle", .medium, "Reading this format executes what is in it.", fix: "Use JSON."),
        ReviewRule(
            "js-eval", .medium, "Text is executed as JavaScript.", fix: "Call functions instead."),
        ReviewRule(
            "js-process", .medium, "Programs are started.", fix: "Use what the runtime has, or say why it is needed."),
        ReviewRule(
            "native-call", .medium, "Native code is called from a script.",
            fix: "Use a library, or make the skill an exec skill."),
        ReviewRule(
            "shell-eval", .medium, "A shell script executes text.", fix: "Write the command out."),
        ReviewRule(
            "pipe-to-shell", .critical, "What is downloaded is executed at once.",
            fix: "Put what is needed into the package."),
        ReviewRule(
            "reverse-shell", .critical, "A shell is handed to somebody else over the network.", fix: "Remove it."),
        ReviewRule(
            "miner", .critical, "It mines for somebody.", fix: "Remove it."),
        ReviewRule(
            "destructive-command", .high, "It deletes or overwrites whole file systems.", fix: "Remove it."),
        ReviewRule(
            "runtime-install", .medium, "Libraries are installed while the skill runs; there is no network for it.",
            fix: "Pack the libraries and declare them under dependencies."),
    ]

    static let places = [
        ReviewRule(
            "undeclared-destination", .medium, "An address is used that [network] does not allow; it is not reached.",
            fix: "Declare HOST:PORT under [network] allow, or remove it."),
        ReviewRule(
            "data-drop", .high, "A service is named that takes data from anybody, as thieves use it.",
            fix: "Use a service of your own and declare it under [network] allow."),
        ReviewRule(
            "metadata-address", .high, "The address is one where clouds tell a machine its keys.", fix: "Remove it."),
        ReviewRule(
            "credential-path", .high, "A file is named in which people keep their keys.", fix: "Remove it."),
        ReviewRule(
            "persistence", .high, "It would start again by itself on the machine that it runs on.", fix: "Remove it."),
        ReviewRule(
            "environment-dump", .high, "All environment variables are taken together, secrets among them.",
            fix: "Read the variables that are needed by name."),
    ]

    static let files = [
        ReviewRule(
            "lifecycle-script", .medium, "A script would run when the package is installed; nothing installs it here.",
            fix: "Remove preinstall, install, postinstall and prepare from package.json."),
        ReviewRule(
            "setup-script", .low, "setup.py would run when the package is installed; nothing installs it here.",
            fix: "Remove it, or pack the library as it is after its installation."),
        ReviewRule(
            "native-entry-point", .info, "The entry point is a native program; what it does cannot be read.",
            fix: "Nothing; buyers see it."),
        ReviewRule(
            "native-binary", .low, "A native program or library is in the package; what it does cannot be read.",
            fix: "Pack sources where that is possible."),
        ReviewRule(
            "foreign-binary", .high, "A program for another system is in the package; it cannot be for this one.",
            fix: "Remove it."),
        ReviewRule(
            "compiled-python", .medium, "Compiled Python is in the package; what it does cannot be read.",
            fix: "Pack the .py files."),
        ReviewRule(
            "hidden-executable", .high, "A program hides behind a name that says otherwise.",
            fix: "Give it the name of what it is, without a dot before it."),
        ReviewRule(
            "disguised-program", .high,
            "It begins as sound or a database does, which scanners of viruses pass over, and is a program or an archive.",
            fix: "Begin it as what it is."),
        ReviewRule(
            "nested-archive", .medium, "An archive within the package is not looked into.",
            fix: "Pack the files themselves."),
        ReviewRule(
            "encrypted-archive", .critical, "An archive is encrypted so that nobody can look into it.",
            fix: "Pack the files themselves."),
        ReviewRule(
            "undeclared-dependency", .low, "A library is asked for that the package neither carries nor declares.",
            fix: "Pack it and name it under dependencies."),
    ]

    static let words = [
        ReviewRule(
            "prompt-injection", .high, "The text gives orders to the agent that reads it.",
            fix: "Describe what the skill does, and nothing else."),
        ReviewRule(
            "asks-for-secrets", .high, "The text asks for keys or passwords.",
            fix: "Declare what the skill needs under [[secrets]]; never ask buyers."),
        ReviewRule(
            "asks-to-run", .high, "The text asks its reader to download and run something, or to turn protection off.",
            fix: "Put all that is needed into the package."),
    ]
}
