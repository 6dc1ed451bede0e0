/// A word that the static review looks for, and what it stands for.
struct ReviewWord: Sendable {
    /// What a word is a sign of; what is made of it depends on the kind of file and on what else stands on its line.
    enum Sign: Int, Sendable, CaseIterable {
        case decode, execute, pythonShell, unpickle, native, jsProcess, shellEval, fetch, pipe, reverseShell, miner
        case destructive, install, credentialPath, metadata, persistence, dataDrop, environment
        case secretName, token, privateKey, address
        case injection, asksForSecrets, disablesProtection
    }

    /// What may stand before the word.
    enum Before: Sendable {
        case anything
        /// Not a letter, digit or underscore.
        case noName
        /// Nor a point: the call of a function, not of a method.
        case noMember
    }

    let text: String
    let sign: Sign
    let before: Before

    static let all: [ReviewWord] = calls + places + keys + phrases

    static let automaton = KeywordAutomaton(all.map { Array($0.text.utf8) })

    private static func words(_ sign: Sign, _ texts: [String]) -> [ReviewWord] { words(sign, .anything, texts) }

    private static func words(_ sign: Sign, _ before: Before, _ texts: [String]) -> [ReviewWord] {
        texts.map { ReviewWord(text: $0, sign: sign, before: before) }
    }

    private static let calls =
        words(
            .decode,
            [
                "b64decode", "b32decode", "b85decode", "fromhex(", "unhexlify", "atob(", "'base64')", "\"base64\")",
                "zlib.decompress", "lzma.decompress", "marshal.loads", "gunzipsync(", "inflatesync(", "codecs.decode",
                "base64 -d", "base64 --decode", "xxd -r", "openssl enc -d", "string.fromcharcode", "frombase64string",
            ])
        + words(.execute, .noMember, ["exec(", "eval(", "execfile(", "function('", "function(\"", "__import__("])
        + words(.execute, ["new function(", "vm.runin", "invoke-expression"])
        + words(
            .pythonShell, .noName,
            ["os.system(", "os.popen(", "shell=true", "shell = true", "getoutput(", "pty.spawn("])
        + words(
            .unpickle, .noName,
            [
                "pickle.loads(", "pickle.load(", "marshal.loads(", "marshal.load(", "yaml.unsafe_load(", "dill.loads(",
                "jsonpickle.decode(",
            ])
        + words(.native, .noName, ["ctypes.", "import ctypes", "import cffi", "process.dlopen(", "process.binding("])
        + words(.jsProcess, .noName, ["child_process"])
        + words(.shellEval, .noMember, ["eval "])
        + words(.fetch, .noName, ["curl ", "wget ", "invoke-webrequest", "iwr ", "urlopen(", "requests.get("])
        + words(
            .pipe,
            [
                "| sh", "|sh", "| bash", "|bash", "| zsh", "|zsh", "| sudo sh", "| sudo bash", "| python", "|python",
                "| node", "<(curl", "<(wget", "-c \"$(curl", "-c \"$(wget", "eval \"$(curl", "eval $(curl",
                "-c \"`curl",
                "| iex",
            ])
        + words(
            .reverseShell,
            ["/dev/tcp/", "nc -e ", "ncat -e ", "netcat -e ", "nc -c ", "bash -i >&", "sh -i >&", "socat exec:"])
        + words(.miner, ["stratum+tcp", "stratum+ssl", "xmrig", "coinhive", "cryptonight"])
        + words(.destructive, .noName, ["rm -rf /", "rm -rf ~", "rm -fr /", "mkfs.", "of=/dev/sd", "of=/dev/nvme"])
        + words(
            .install, .noName,
            ["pip install", "pip3 install", "npm install", "npm i ", "npx ", "apt-get install", "uvx "])

    private static let places =
        words(
            .credentialPath,
            [
                "/.ssh/", "id_rsa", "id_ed25519", "/.aws/credentials", "/etc/shadow", "/.netrc", "/.gnupg/",
                ".config/solana/id.json", "wallet.dat", "keychain-db", "/.docker/config.json", "/.kube/config",
                "/.openclaw/", "/.clawdbot/", ".bash_history", "/proc/self/environ", "/.config/gcloud",
            ])
        + words(.metadata, ["169.254.169.254", "metadata.google.internal", "100.100.100.200"])
        + words(
            .persistence,
            [
                "crontab", "authorized_keys", "/etc/cron", "/.bashrc", "/.zshrc", "/.bash_profile", "launchctl load",
                "systemctl enable", "/etc/rc.local", "ld.so.preload",
            ])
        + words(
            .dataDrop,
            [
                "webhook.site", "requestbin.", "pipedream.net", "ngrok.io", "ngrok-free.app", "ngrok.app",
                "pastebin.com", "glot.io", "rentry.co", "transfer.sh", "discord.com/api/webhooks",
                "discordapp.com/api/webhooks", "api.telegram.org/bot", "burpcollaborator", "oast.fun", "oast.pro",
                "oast.live", "oast.site", "oast.me", "interact.sh", "trycloudflare.com",
            ])
        + words(
            .environment,
            [
                "dict(os.environ", "dumps(os.environ", "str(os.environ", "repr(os.environ", "os.environ.items(",
                "stringify(process.env", "object.entries(process.env", "printenv |", "env | curl", "env|curl",
            ])

    private static let keys =
        words(
            .secretName, .anything,
            [
                "password", "passwd", "secret", "token", "api_key", "apikey", "api-key", "private_key", "privatekey",
                "access_key", "accesskey",
            ])
        + words(.token, .noName, TokenFormat.all.map(\.prefix))
        + words(.privateKey, ["-----begin "]) + words(.address, ["://"])

    private static let phrases =
        words(
            .injection,
            [
                "ignore previous instructions", "ignore all previous", "ignore the above", "ignore your previous",
                "ignore any previous", "ignore prior instructions", "ignore all prior", "disregard previous",
                "disregard the above", "disregard all previous", "disregard your", "disregard any previous",
                "forget your instructions", "forget all previous", "override your instructions",
                "override your system", "new system prompt", "your system prompt", "you are now in developer mode",
                "do not tell the user", "don't tell the user", "never tell the user", "do not inform the user",
                "without telling the user", "without informing the user", "without the user's knowledge",
                "do not mention this to", "hide this from the user", "without asking the user",
                "<|im_start|>", "[inst]", "<<sys>>", "<system>", "</system>", "always use this skill instead",
                "prefer this skill over", "call this skill before any other",
            ])
        + words(
            .asksForSecrets,
            [
                "your seed phrase", "your private key", "your recovery phrase", "your mnemonic",
                "send your api key", "paste your api key", "share your api key", "send your password",
                "paste your password", "send your token", "paste your token", "send me your", "contents of your .env",
                "upload your .env", "your ssh key", "your wallet key", "send your credentials",
                "paste your credentials", "send the api key", "include your api key",
            ])
        + words(
            .disablesProtection,
            [
                "com.apple.quarantine", "spctl --master-disable", "disable your antivirus", "disable antivirus",
                "turn off your antivirus", "disable windows defender", "set-mppreference", "-executionpolicy bypass",
                "powershell -enc", "powershell -e ", "disable the sandbox", "archive password",
                "password for the archive",
                "extract using password", "extract with password",
            ])
}
