import Fields
import Testing

@Suite("JSON objects")
struct JSONObjectTests {
    @Test("Members keep their order, and equality does not look at it")
    func order() {
        let first: JSONObject = ["b": 1, "a": 2]
        let second: JSONObject = ["a": 2, "b": 1]
        #expect(first.keys == ["b", "a"])
        #expect(first == second)
        #expect(first.hashValue == second.hashValue)
        #expect(first != ["b": 1])
        #expect(first != ["b": 1, "a": 3])
    }

    @Test("Members are set, replaced and removed, in small objects and in large ones", arguments: [3, 40])
    func mutation(count: Int) {
        var object = JSONObject()
        for index in 0..<count { object["k\(index)"] = .number(index) }
        object["k1"] = "new"
        object["k0"] = nil
        object["none"] = nil
        #expect(object.count == count - 1)
        #expect(object["k0"] == nil)
        #expect(object["k1"] == "new")
        #expect(object["k\(count - 1)"] == .number(count - 1))
        object["k0"] = 7
        #expect(object.keys.last == "k0")
        #expect(object["k0"] == 7)
    }

    @Test("Values answer only as what they are")
    func conveniences() {
        let value: JSONValue = ["s": "x", "n": 5, "b": true, "l": [1], "f": 1.5]
        #expect(value["s"]?.string == "x")
        #expect(value["n"]?.int64 == 5)
        #expect(value["n"]?.string == nil)
        #expect(value["f"]?.int64 == nil)
        #expect(value["b"]?.bool == true)
        #expect(value["l"]?[0] == 1)
        #expect(value["l"]?[1] == nil)
        #expect(value["l"]?["s"] == nil)
        #expect(value["none"] == nil)
    }
}
