import CZlib
import Glibc

/// gzip (RFC 1952) through zlib.
enum Gzip {
    private static let chunkBytes = 256 << 10
    /// The largest window, with a gzip header.
    private static let windowBits: Int32 = 15 + 16

    /// Unpacks an archive, several members one after another included, never beyond what `limits` allow for its files
    /// and their headers.
    static func decompress(_ input: [UInt8], limits: PackageLimits) throws(PackageError) -> [UInt8] {
        guard input.count <= limits.archiveBytesMax else {
            throw PackageError(.archiveTooLarge(bytesMaximum: limits.archiveBytesMax))
        }
        // Per entry a header, its padding, and extended headers for a long path and a long target.
        let bytesMax = limits.totalBytesMax + (limits.entriesMax + 16) * 8 * 512
        // zlib takes a pointer to what it only reads, so a copy that may be written to is made once.
        var source = input
        let result = source.withUnsafeMutableBufferPointer { source -> Result<[UInt8], PackageError> in
            do throws(PackageError) {
                return .success(try inflate(source, bytesMax: bytesMax, limits: limits))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func inflate(
        _ source: UnsafeMutableBufferPointer<UInt8>, bytesMax: Int, limits: PackageLimits
    ) throws(PackageError) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, size) == Z_OK else { throw PackageError(.notGzip) }
        defer { inflateEnd(&stream) }
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(clamping: source.count)

        let ratioBytesMax = max(limits.ratioFreeBytes, source.count.multipliedClamped(by: limits.ratioMax))
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            let status = chunk.withUnsafeMutableBufferPointer { chunk in
                stream.next_out = chunk.baseAddress
                stream.avail_out = UInt32(chunk.count)
                return CZlib.inflate(&stream, Z_NO_FLUSH)
            }
            output.append(contentsOf: chunk[..<(chunkBytes - Int(stream.avail_out))])
            guard output.count <= ratioBytesMax else { throw PackageError(.bomb(ratioMaximum: limits.ratioMax)) }
            guard output.count <= bytesMax else {
                throw PackageError(.packageTooLarge(bytesMaximum: limits.totalBytesMax))
            }
            switch status {
            case Z_OK where stream.avail_in > 0 || stream.avail_out == 0:
                continue
            case Z_STREAM_END:
                let rest = source.suffix(Int(stream.avail_in))
                // Tapes and some tools pad with zeros.
                if rest.allSatisfy({ $0 == 0 }) { return output }
                guard inflateReset(&stream) == Z_OK else { throw PackageError(.notGzip) }
            default:
                throw PackageError(.notGzip)
            }
        }
    }

    static func compress(_ input: [UInt8]) throws(PackageError) -> [UInt8] {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard
            deflateInit2_(
                &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                == Z_OK
        else { throw PackageError(.system("compressed", errno: ENOMEM)) }
        defer { deflateEnd(&stream) }
        var source = input
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(input.count))))
        let status = source.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(clamping: source.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { throw PackageError(.system("compressed", errno: EIO)) }
        output.removeLast(Int(stream.avail_out))
        return output
    }
}

extension Int {
    fileprivate func multipliedClamped(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
