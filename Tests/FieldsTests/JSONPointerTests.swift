import Fields
import Testing

@Suite("JSON pointers")
struct JSONPointerTests {
    private static let document = #"""
        {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}
        """#

    private func value(at pointer: String, in text: String = document) throws -> JSONValue? {
        try JSONValue(parsing: Array(text.utf8)).value(at: pointer)
    }

    @Test(
        "The examples of RFC 6901 lead where it says",
        arguments: [
            ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3),
            ("/g|h", 4), ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8),
        ] as [(String, JSONValue)])
    func examples(pointer: String, value: JSONValue) throws {
        #expect(try self.value(at: pointer) == value)
    }

    @Test("An empty pointer is the whole value")
    func whole() throws {
        #expect(try value(at: "") == JSONValue(parsing: Array(Self.document.utf8)))
        #expect(try value(at: "", in: "7") == 7)
    }

    @Test(
        "Where there is nothing, and what is no pointer, leads nowhere",
        arguments: [
            "foo", "/foo/2", "/foo/-", "/foo/-1", "/foo/+1", "/foo/00", "/foo/01", "/foo/1e0", "/foo/0/", "/foo/ 0",
            "/foo/99999999999999999999", "/bar", "/a/b", "/m~n", "/m~2n", "/m~", "/foo/0/x", "//", "#/foo", " /foo",
        ])
    func nowhere(pointer: String) throws {
        #expect(try value(at: pointer) == nil)
    }

    @Test("What is a pointer can be told without a value", arguments: ["", "/", "/a", "/a//b", "/~0~1", "/a~01"])
    func wellFormed(pointer: String) {
        #expect(JSONValue.isPointer(pointer))
    }

    @Test("What is none, too", arguments: ["a", "#/a", "/~", "/~2", "/a~/b", "/~~0", " /a"])
    func malformed(pointer: String) {
        #expect(!JSONValue.isPointer(pointer))
    }

    @Test("An escaped tilde is not unescaped again")
    func tildes() throws {
        #expect(try value(at: "/~01", in: #"{"~1":1,"/":2}"#) == 1)
        #expect(try value(at: "/~1", in: #"{"~1":1,"/":2}"#) == 2)
        #expect(try value(at: "/~00~11", in: #"{"~0/1":1}"#) == 1)
    }

    @Test("A slash is a slash, whatever accent follows it")
    func accents() throws {
        #expect(try value(at: "/\u{301}/\u{301}a", in: "{\"\u{301}\":{\"\u{301}a\":1}}") == 1)
        #expect(try value(at: "/~1\u{301}", in: "{\"/\u{301}\":1}") == 1)
        #expect(try value(at: "/0\u{301}", in: "[1]") == nil)
    }
}
