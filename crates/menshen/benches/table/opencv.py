# Times OpenCV's YuNet and SFace on one photo, one thread: DETECTOR EMBEDDER PHOTO TIMES -> one JSON object.
import json
import statistics
import sys
import time

import cv2

detector_path, embedder_path, photo_path, times = sys.argv[1:5]
cv2.setNumThreads(1)
photo = cv2.imread(photo_path)
height, width = photo.shape[:2]
detector = cv2.FaceDetectorYN.create(detector_path, "", (width, height), 0.6, 0.3)
embedder = cv2.FaceRecognizerSF.create(embedder_path, "")
face = detector.detect(photo)[1][0]


def median_ms(work):
    took = []
    for _ in range(int(times)):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


print(json.dumps({
    "version": cv2.__version__,
    "detect_ms": median_ms(lambda: detector.detect(photo)),
    "embed_ms": median_ms(lambda: embedder.feature(embedder.alignCrop(photo, face))),
}))
