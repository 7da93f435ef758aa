package migration

import (
	"archive/zip"
	"bytes"
	"io/fs"
)

// FS returns the files as they are run. They are kept as an archive in memory, which has all the manners of a file system.
func (s Set) FS() (fs.FS, error) {
	var archive bytes.Buffer
	to := zip.NewWriter(&archive)
	for _, file := range s.files {
		w, err := to.CreateHeader(&zip.FileHeader{Name: file.path, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(file.text)); err != nil {
			return nil, err
		}
	}
	if err := to.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
}
